import type { HostLimits } from '../../core/contract/host.ts';
import { toTimer } from '../../core/timer.ts';

/** Decides when a crashed process may be started again. Times are in milliseconds of a monotonic clock. */
export interface Backoff {
  /** Notes a failure; returns how long to wait before the next start. */
  failed(now: number): number;
  /** Notes that the process asked for its end itself; the same without counting a failure. */
  asked(now: number): number;
  /** A wait with some jitter, so that not everything starts at once. */
  spread(ms: number): number;
  /** Notes that the process has served well until `now`. */
  healthy(now: number): void;
  /** Whether so many failures came so fast that calls are refused without waiting. */
  readonly open: boolean;
  reset(): void;
}

/** Doubling waits with 20 % jitter, and a circuit that opens after some failures within a window. */
export function createBackoff(limits: HostLimits, random: () => number = Math.random): Backoff {
  let failures: number[] = [];
  // Absent until the first failure, so that a limit that a reload has changed counts from the next one.
  let wait: number | undefined;
  let since = 0;
  let open = false;
  // A failure before that is the probe's: it keeps the circuit open, however short the window is.
  let probedUntil = 0;

  const reset = (): void => {
    failures = [];
    wait = undefined;
    open = false;
  };

  const spread = (ms: number): number => toTimer(ms * (0.8 + 0.4 * random()));
  const next = (now: number): number => {
    const own = Math.min(wait ?? limits.restartMinMs, limits.restartMaxMs);
    const delay = spread(open ? limits.restartMaxMs : own);
    wait = Math.min(own * 2, limits.restartMaxMs);
    since = now;
    return delay;
  };

  return {
    failed(now) {
      failures = [...failures.filter((at) => now - at < limits.circuitWindowMs), now];
      open = failures.length >= limits.circuitFailures || (open && now < probedUntil);
      const delay = next(now);
      probedUntil = now + delay + Math.min(limits.circuitWindowMs, limits.restartMaxMs);
      return delay;
    },
    asked: next,
    spread,
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
