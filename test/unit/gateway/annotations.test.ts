import { describe, expect, it } from 'vitest';
import { toAnnotations } from '../../../src/gateway/view/annotations.ts';

describe('toAnnotations', () => {
  it.each([
    [undefined, 'auto', false],
    [{ destructive: false }, 'auto', false],
    [{ destructive: true }, 'auto', true],
    [undefined, 'required', true],
    [{ destructive: true }, 'client', true],
  ] as const)('maps hints %j with approval %s to destructive: %s', { tags: ['destructive-kept'] }, (hints, approval, destructive) => {
    expect(toAnnotations(hints, approval)?.destructiveHint).toBe(destructive);
  });

  it('is undefined if nothing is known', () => {
    expect(toAnnotations(undefined, 'client')).toBeUndefined();
  });
});
