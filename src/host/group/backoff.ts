import type { HostLimits } from '../../core/contract/host.ts';
import { toTimer } from '../../core/timer.ts';

/** Decides when a crashed process may restart. Times are in milliseconds of a monotonic clock. */
export interface Backoff {
  /** Records a failure; returns the delay before the next start. */
  failed(now: number): number;
  /** Records that the process requested its restart: returns a delay too, but counts no failure. */
  asked(now: number): number;
  /** Adds jitter to a delay, so that plugins do not restart simultaneously. */
  spread(ms: number): number;
  /** Records that the process has served without a failure until `now`. */
  healthy(now: number): void;
  /** Whether the circuit is open: too many recent failures, so calls are rejected without waiting. */
  readonly open: boolean;
  reset(): void;
}

/** Creates an exponential backoff with 20 % jitter and a circuit breaker. */
export function createBackoff(limits: HostLimits, random: () => number = Math.random): Backoff {
  let failures: number[] = [];
  // Undefined until the first failure, so that a changed limit applies from the next one.
  let wait: number | undefined;
  let since = 0;
  let open = false;
  // A failure before this time belongs to the probe and keeps the circuit open, even if the window is shorter.
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
