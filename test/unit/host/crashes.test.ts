import { describe, expect, it } from 'vitest';
import type { HostLimits } from '../../../src/core/contract/host.ts';
import { countCrashes } from '../../../src/host/group/crashes.ts';

const LIMITS = { circuitFailures: 5, circuitWindowMs: 60_000 } as HostLimits;

describe('countCrashes', () => {
  it('counts crashes within the window only', { tags: ['F56'] }, () => {
    const crashes = countCrashes(LIMITS);
    for (let i = 0; i < 50; i++) expect(crashes.add(i * 16_000)).toBe(false);
    const close = countCrashes(LIMITS);
    expect([0, 1, 2, 3, 4].map((now) => close.add(now))).toEqual([false, false, false, false, true]);
  });

  it('excludes after one crash within the window that follows a probe', { tags: ['F56'] }, () => {
    const crashes = countCrashes(LIMITS);
    for (let i = 0; i < 5; i++) crashes.add(i);
    crashes.probed(30_000);
    expect(crashes.add(40_000)).toBe(true);
    crashes.probed(70_000);
    expect(crashes.add(130_001)).toBe(false);
  });
});
