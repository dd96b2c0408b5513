import { describe, expect, it } from 'vitest';
import { LIMITS, toLimits } from '../../../src/config/limits.ts';

describe('toLimits', () => {
  it('takes what is set, and the defaults for the rest', () => {
    expect(toLimits({ calls: 7, sessions: undefined })).toMatchObject({ calls: 7, sessions: LIMITS.sessions.value });
  });

  it('lets results be whole up to the size that somebody allows', () => {
    const large = 64 * 1024 * 1024;
    expect(toLimits({ resultBytes: large }).resultChars).toBe(large);
    expect(toLimits({ resultBytes: large, resultChars: 5 }).resultChars).toBe(5);
    expect(toLimits({ resultBytes: 5 }).resultChars).toBe(LIMITS.resultChars.value);
  });
});
