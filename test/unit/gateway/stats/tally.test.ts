import { describe, expect, it } from 'vitest';
import { BUCKET_MS, bucketOf, percentile } from '../../../../src/gateway/stats/histogram.ts';
import { createTally } from '../../../../src/gateway/stats/tally.ts';

const NOW = 1_764_655_000_000;
const entry = (plugin: string, name: string) => ({ plugin: { id: plugin }, name }) as never;

describe('createTally', () => {
  it('counts by tool and outcome, and calls of unknown tools together', () => {
    const tally = createTally();
    const search = entry('notes', 'search');
    tally.add(search, 'ok', 4, NOW);
    tally.add(search, 'error', 40, NOW);
    // After a change of the catalogue the tool has another entry.
    tally.add(entry('notes', 'search'), 'cancelled', 400, NOW);
    tally.add(undefined, 'refused', 0, NOW);
    expect(tally.tools()).toEqual([
      { plugin: 'notes', tool: 'search', ends: { ok: 1, error: 1, refused: 0, cancelled: 1 }, buckets: at(2, 4, 6), seconds: 0.444 },
      { plugin: '', tool: '', ends: { ok: 0, error: 0, refused: 1, cancelled: 0 }, buckets: at(0), seconds: 0 },
    ]);
    expect(tally.calls('notes', 'search')).toBe(3);
    expect(tally.calls('notes', 'other')).toBe(0);
  });

  it('keeps seconds for 10 minutes, minutes for 24 hours and plugins for one hour', () => {
    const tally = createTally();
    const search = entry('notes', 'search');
    const hour = 3_600_000;
    for (const before of [25 * hour, 2 * hour, 1_000_000, 599_000, 1_000, 1_000, 0])
      tally.add(search, before === 0 ? 'error' : 'ok', 2, NOW - before);
    const second = NOW / 1_000;
    expect(tally.seconds(NOW).map(({ number, calls, failed }) => [number - second, calls, failed])).toEqual([
      [-599, 1, 0],
      [-1, 2, 0],
      [0, 1, 1],
    ]);
    expect(tally.minutes(NOW).reduce((sum, { calls }) => sum + calls, 0)).toBe(6);
    expect(tally.hour('notes', NOW)).toEqual({ calls: 5, failed: 1, p50: 2, p95: 2.9, p99: 3 });
    expect(tally.hour('other', NOW)).toEqual({ calls: 0, failed: 0 });
  });

  it('counts in the slot of the later time if the clock was set back', () => {
    const tally = createTally();
    tally.add(undefined, 'ok', 1, NOW);
    tally.add(undefined, 'ok', 1, NOW - 600_000);
    expect(tally.seconds(NOW).map(({ calls }) => calls)).toEqual([2]);
  });

  it('counts more than 2,000 tools together', () => {
    const tally = createTally();
    for (let n = 0; n < 2_010; n++) tally.add(entry('many', `tool${n}`), 'ok', 1, NOW);
    const tools = tally.tools();
    expect(tools.length).toBe(2_001);
    expect(tools.at(-1)).toMatchObject({ plugin: 'many', tool: 'other', ends: { ok: 10 } });
    expect(tally.hour('many', NOW).calls).toBe(2_010);
  });
});

describe('buckets', () => {
  it('puts each bound into its own bucket and what is longer into the next', () => {
    for (const [n, bound] of BUCKET_MS.entries()) {
      expect(bucketOf(bound)).toBe(n);
      expect(bucketOf(bound + 0.1)).toBe(n + 1);
    }
    expect(bucketOf(0)).toBe(0);
    expect(percentile(at(), 0.5)).toBeUndefined();
    expect(percentile(at(11), 0.99)).toBe(100_000);
  });
});

function at(...buckets: number[]): number[] {
  return Array.from({ length: 12 }, (_, n) => (buckets.includes(n) ? 1 : 0));
}
