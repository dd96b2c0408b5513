import type { HostLimits } from '../../core/contract/host.ts';

/** Crashes of one plugin in a shared worker. After too many within the window it is excluded for a while. */
export interface Crashes {
  /** Records a crash; true if the plugin must be excluded now. */
  add(now: number): boolean;
  /** Records that the plugin is started again: one more crash within the window excludes it at once. */
  probed(now: number): void;
}

/** Creates an empty count. Times are in milliseconds of a monotonic clock. */
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
