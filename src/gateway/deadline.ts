import type { CallClock } from './call.ts';

/** The time limits of one call, in milliseconds: without progress, and in all. */
export interface TimeLimits {
  readonly timeoutMs: number;
  readonly capMs: number;
}

/** Runs out after `timeoutMs` without progress, after `capMs` at the latest; time spent on open questions does not count. */
export class Deadline implements CallClock {
  readonly #limits: TimeLimits;
  readonly #expire: () => void;
  #started = performance.now();
  #left: number;
  #since = this.#started;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: TimeLimits, expire: () => void) {
    this.#limits = limits;
    this.#expire = expire;
    this.#left = limits.timeoutMs;
    this.#timer = setTimeout(expire, this.#left);
  }

  progressed(): void {
    if (this.#timer) this.#run(Math.min(this.#limits.timeoutMs, this.#started + this.#limits.capMs - performance.now()));
  }

  paused(open: boolean): void {
    const now = performance.now();
    if (open) {
      this.#left -= now - this.#since;
      this.#since = now;
      this.stop();
    } else {
      // The cap moves on by the time that was waited.
      this.#started += now - this.#since;
      this.#run(this.#left);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(ms: number): void {
    this.stop();
    this.#left = Math.max(0, ms);
    this.#since = performance.now();
    this.#timer = setTimeout(this.#expire, this.#left);
  }
}
