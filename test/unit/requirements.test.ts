import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../requirements.ts';
import { uncited } from '../support/uncited.ts';

describe('the gate on promises', () => {
  it('names what no test cites', () => {
    const tests = [
      { tags: ['a', 'b'], state: 'passed' },
      { tags: ['c'], state: 'skipped' },
      { tags: ['d'], state: 'failed' },
    ] as const;
    expect(uncited(['a', 'b', 'c', 'd', 'e'], tests, true)).toEqual(['e']);
    expect(uncited(['a', 'b', 'c', 'd', 'e'], tests, false)).toEqual(['c', 'e']);
  });

  it('has a sentence and a source for every promise', () => {
    for (const [id, { promise, source }] of Object.entries(REQUIREMENTS)) {
      expect([id, promise]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringMatching(/^[A-Z].*\.$/)]);
      expect(source).not.toBe('');
    }
  });
});
