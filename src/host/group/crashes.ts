import type { HostLimits } from '../../core/contract/host.ts';

/** The crashes of one plugin in a shared worker: too many within the window, and it is left out of the next starts for a while. */
export interface Crashes {
  /** Notes one; whether it is to be left out now. */
  add(now: number): boolean;
  /** It is tried again: one more crash within the window leaves it out at once. */
  probed(now: number): void;
}

/** An empty count. Times are in milliseconds of a monotonic clock. */
export function countCrashes({ circuitFailures, circuitWindowMs }: HostLimits): Crashes {
  let at: number[] = [];
  let probedUntil = Number.NEGATIVE_INFINITY;
  return {
    add(now) {
      at = [...at.filter((then) => now - then < circuitWindowMs), now];
      return at.length >= circuitFailures || now < probedUntil;
    },
    probed(now) {
      at = [];
      probedUntil = now + circuitWindowMs;
    },
  };
}
