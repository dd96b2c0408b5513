import { describe, expect, it } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { callTime } from '../../../src/gateway/call/call-time.ts';

type Part = 'plugin' | 'tool' | 'file' | 'format';

const VALUES = { plugin: 1_000, tool: 2_000, file: 3_000, format: 120_000 } as const;
const ORDER: readonly Part[] = ['plugin', 'tool', 'file', 'format'];

function timeOf(set: Partial<Record<Part, number>>, callCapMs?: number) {
  const ownLimits = { ...(set.file === undefined ? {} : { callTimeoutMs: set.file }), ...(callCapMs === undefined ? {} : { callCapMs }) };
  const tool = {
    ...(set.tool === undefined ? {} : { timeoutMs: set.tool }),
    ...(set.format === undefined ? {} : { usualTimeoutMs: set.format }),
  };
  return callTime(tool, set.plugin, { limits: toLimits(ownLimits), ownLimits });
}

describe('the time limit of a call', { tags: ['call-limits'] }, () => {
  it('is the first that is set: plugin, tool, file, format, built-in default', () => {
    for (let bits = 0; bits < 1 << ORDER.length; bits++) {
      const parts = ORDER.filter((_, i) => bits & (1 << i));
      const [first] = parts;
      const time = timeOf(Object.fromEntries(parts.map((part) => [part, VALUES[part]])));
      expect([parts, time.timeFrom, time.timeoutMs]).toEqual([parts, first ?? 'default', first === undefined ? 60_000 : VALUES[first]]);
    }
  });

  it('comes from the file even if it equals the built-in default', () => {
    expect(timeOf({ file: 60_000, format: 120_000 })).toMatchObject({ timeoutMs: 60_000, timeFrom: 'file' });
  });

  it.each(['plugin', 'tool', 'file'] as const)('raises the cap if it is longer and set by the %s', (part) => {
    expect(timeOf({ [part]: 900_000 })).toEqual({ timeoutMs: 900_000, capMs: 900_000, timeFrom: part });
    expect(timeOf({ [part]: 5_000 })).toEqual({ timeoutMs: 5_000, capMs: 600_000, timeFrom: part });
  });

  it('is limited to the cap if a default is longer', () => {
    expect(timeOf({ format: 120_000 }, 30_000)).toEqual({ timeoutMs: 30_000, capMs: 30_000, timeFrom: 'format' });
    expect(timeOf({}, 30_000)).toEqual({ timeoutMs: 30_000, capMs: 30_000, timeFrom: 'default' });
  });
});
