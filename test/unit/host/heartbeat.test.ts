import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { createHeartbeat } from '../../../src/host/group/heartbeat.ts';

const limits = toLimits({ unresponsiveMs: 2_000, hungMs: 10_000 });
let clock = 0;

beforeEach(() => {
  clock = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function watch() {
  const seen = { pings: 0, hung: 0 };
  const heartbeat = createHeartbeat(limits, { ping: () => void seen.pings++, patience: () => limits.hungMs, hung: () => void seen.hung++ });
  heartbeat.start();
  return { seen, heartbeat };
}

/** Advances the clock without blocking the gateway. */
function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 500) {
    clock += 500;
    vi.advanceTimersByTime(500);
  }
}

describe('createHeartbeat', () => {
  it('pings a quiet process once, and reports it as silent after the limit', () => {
    const { seen, heartbeat } = watch();
    pass(1_500);
    expect([seen.pings, heartbeat.silent()]).toEqual([1, false]);
    pass(1_000);
    expect(heartbeat.silent()).toBe(true);
    heartbeat.received();
    expect(heartbeat.silent()).toBe(false);
  });

  it('reports a process that stays silent without a call', () => {
    const { seen } = watch();
    pass(9_500);
    expect(seen.hung).toBe(0);
    pass(1_000);
    expect(seen.hung).toBeGreaterThan(0);
  });

  it('does not count time in which the gateway itself was blocked', () => {
    const { seen, heartbeat } = watch();
    pass(1_000);
    clock += 60_000;
    expect(heartbeat.silent()).toBe(false);
    vi.advanceTimersByTime(500);
    expect([heartbeat.silent(), seen.hung]).toEqual([false, 0]);
    pass(2_500);
    expect(heartbeat.silent()).toBe(true);
  });
});
