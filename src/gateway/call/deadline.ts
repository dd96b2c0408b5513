import { GatewayError } from '../../core/errors.ts';
import type { CallClock } from './call.ts';

/** The time limits of one call in ms: without progress, and in total. */
export interface TimeLimits {
  readonly timeoutMs: number;
  readonly capMs: number;
}

/** Something that a deadline aborts. */
export interface Abortable {
  abort(reason: unknown): void;
}

/** The error for work that took longer than `timeoutMs`. */
export function timedOut(what: string, { timeoutMs }: Pick<TimeLimits, 'timeoutMs'>): GatewayError {
  return new GatewayError('CALL_TIMEOUT', `${what} timed out after ${Number((timeoutMs / 1000).toFixed(3))}s`);
}

/** Expires after `timeoutMs` without progress, at the latest after `capMs`. Time spent on open questions does not count. */
export class Deadline<L extends TimeLimits> implements CallClock {
  readonly limits: L;
  readonly #call: Abortable;
  readonly #reason: (limits: L) => unknown;
  #started = performance.now();
  #left: number;
  #since = this.#started;
  #timer: NodeJS.Timeout | undefined;

  /** `reason` creates the error when the deadline expires. */
  constructor(limits: L, call: Abortable, reason: (limits: L) => unknown) {
    this.limits = limits;
    this.#call = call;
    this.#reason = reason;
    this.#left = limits.timeoutMs;
    this.#timer = setTimeout(runOut, this.#left, this);
  }

  progressed(): void {
    if (this.#timer) this.#run(Math.min(this.limits.timeoutMs, this.#started + this.limits.capMs - performance.now()));
  }

  paused(open: boolean): void {
    const now = performance.now();
    if (open) {
      this.#left -= now - this.#since;
      this.#since = now;
      this.stop();
    } else {
      // The cap is extended by the time spent waiting.
      this.#started += now - this.#since;
      this.#run(this.#left);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  expire(): void {
    this.#call.abort(this.#reason(this.limits));
  }

  #run(ms: number): void {
    this.stop();
    this.#left = Math.max(0, ms);
    this.#since = performance.now();
    this.#timer = setTimeout(runOut, this.#left, this);
  }
}

// One function for all timers instead of a closure per call.
function runOut(deadline: { expire(): void }): void {
  deadline.expire();
}
