import { describe, expect, it } from 'vitest';
import { LIMITS, toLimits } from '../../../src/config/limits.ts';

describe('toLimits', () => {
  it('uses the given values, and defaults for the rest', () => {
    expect(toLimits({ calls: 7, sessions: undefined })).toMatchObject({ calls: 7, sessions: LIMITS.sessions.value });
  });

  it('does not cut results below a configured resultBytes', () => {
    const large = 64 * 1024 * 1024;
    expect(toLimits({ resultBytes: large }).resultChars).toBe(large);
    expect(toLimits({ resultBytes: large, resultChars: 5 }).resultChars).toBe(5);
    expect(toLimits({ resultBytes: 5 }).resultChars).toBe(LIMITS.resultChars.value);
  });
});
