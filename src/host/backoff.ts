import type { HostLimits } from '../core/host.ts';
import { toTimer } from '../core/timer.ts';

/** Decides when a crashed process may be started again. Times are in milliseconds of a monotonic clock. */
export interface Backoff {
  /** Notes a failure; returns how long to wait before the next start. */
  failed(now: number): number;
  /** Notes that the process has served well until `now`. */
  healthy(now: number): void;
  /** Whether so many failures came so fast that calls are refused without waiting. */
  readonly open: boolean;
  reset(): void;
}

/** Doubling waits with 20 % jitter, and a circuit that opens after some failures within a window. */
export function createBackoff(limits: HostLimits, random: () => number = Math.random): Backoff {
  let failures: number[] = [];
  let wait = limits.restartMinMs;
  let since = 0;
  let open = false;

  const reset = (): void => {
    failures = [];
    wait = limits.restartMinMs;
    open = false;
  };

  return {
    failed(now) {
      failures = [...failures.filter((at) => now - at < limits.circuitWindowMs), now];
      open = failures.length >= limits.circuitFailures;
      const delay = open ? limits.restartMaxMs : wait;
      wait = Math.min(wait * 2, limits.restartMaxMs);
      since = now;
      return toTimer(delay * (0.8 + 0.4 * random()));
    },
    healthy(now) {
      open = false;
      if (now - since >= limits.circuitWindowMs) reset();
    },
    get open() {
      return open;
    },
    reset,
  };
}
