import { describe, expect, it } from 'vitest';
import { JUDGED, REQUIREMENTS } from '../requirements.ts';
import { misplaced, uncited } from '../support/uncited.ts';

describe('the gate on promises', () => {
  it('reports promises that no test cites', () => {
    const tests = [
      { tags: ['a', 'b'], state: 'passed' },
      { tags: ['c'], state: 'skipped' },
      { tags: ['d'], state: 'failed' },
    ] as const;
    expect(uncited(['a', 'b', 'c', 'd', 'e'], tests, true)).toEqual(['e']);
    expect(uncited(['a', 'b', 'c', 'd', 'e'], tests, false)).toEqual(['c', 'e']);
  });

  it('assigns each promise to the tests or the judges, and reports one cited on the wrong side', () => {
    const known = { promises: ['a', 'b', 'c'], judged: ['c'] };
    const cites = (...tags: string[]) => [{ tags, state: 'passed' } as const];
    expect(misplaced('tests', known, cites('a', 'b'), false)).toEqual([]);
    expect(misplaced('judges', known, cites('c', 'a'), false)).toEqual([]);
    expect(misplaced('tests', known, cites('a'), false)).toEqual([{ id: 'b', fault: 'no test cites the promise' }]);
    expect(misplaced('judges', known, cites('a'), false)).toEqual([{ id: 'c', fault: 'no judge cites the promise' }]);
    expect(misplaced('tests', known, cites('a', 'b', 'c'), false)).toMatchObject([{ id: 'c' }]);
    expect(new Set(JUDGED).size).toBe(JUDGED.length);
  });

  it('has a sentence and a source for every promise', () => {
    for (const [id, { promise, source }] of Object.entries(REQUIREMENTS)) {
      expect([id, promise]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringMatching(/^[A-Z].*\.$/)]);
      expect(source).not.toBe('');
    }
  });
});
