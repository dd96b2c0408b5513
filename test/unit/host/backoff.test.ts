import { describe, expect, it } from 'vitest';
import type { HostLimits } from '../../../src/core/contract/host.ts';
import { createBackoff } from '../../../src/host/group/backoff.ts';

const LIMITS = { restartMinMs: 250, restartMaxMs: 30_000, circuitFailures: 5, circuitWindowMs: 60_000 } as HostLimits;

describe('createBackoff', () => {
  it('doubles the delay and opens after five failures within a minute', { tags: ['F56'] }, () => {
    const backoff = createBackoff(LIMITS, () => 0.5);
    expect([0, 1, 2, 3].map((now) => backoff.failed(now))).toEqual([250, 500, 1000, 2000]);
    expect(backoff.open).toBe(false);
    expect(backoff.failed(4)).toBe(30_000);
    expect(backoff.open).toBe(true);
  });

  it('adds 20 % jitter to the delay', () => {
    expect(createBackoff(LIMITS, () => 0).failed(0)).toBe(200);
    expect(createBackoff(LIMITS, () => 1).failed(0)).toBeCloseTo(300);
  });

  it('resets after a minute without a failure', { tags: ['F56'] }, () => {
    const backoff = createBackoff(LIMITS, () => 0.5);
    backoff.failed(0);
    backoff.failed(1);
    backoff.healthy(60_002);
    expect(backoff.failed(60_003)).toBe(250);
  });

  it('stays closed if failures are far apart', () => {
    const backoff = createBackoff(LIMITS, () => 0.5);
    for (let i = 0; i < 20; i++) backoff.failed(i * 31_000);
    expect(backoff.open).toBe(false);
  });

  it('does not count requested restarts, but doubles their delay', () => {
    const backoff = createBackoff(LIMITS, () => 0.5);
    expect([0, 1, 2, 3, 4, 5, 6].map((now) => backoff.asked(now))).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000]);
    expect(backoff.open).toBe(false);
  });

  it('stays open if the probe fails, even with a short window', { tags: ['F56'] }, () => {
    const backoff = createBackoff({ ...LIMITS, circuitWindowMs: 1000 }, () => 0.5);
    for (let i = 0; i < 5; i++) backoff.failed(i);
    expect(backoff.failed(30_100)).toBe(30_000);
    expect(backoff.open).toBe(true);
    backoff.failed(30_100 + 30_000 + 1001);
    expect(backoff.open).toBe(false);
  });

  it('closes on reset', { tags: ['F56'] }, () => {
    const backoff = createBackoff(LIMITS);
    for (let i = 0; i < 5; i++) backoff.failed(i);
    backoff.reset();
    expect(backoff.open).toBe(false);
  });
});
