import type { ExactNumber } from './json/exact-number.ts';
import { shorten } from './text/text.ts';

const BURST = 20;
const PER_SECOND = 20;
const MERGED_BYTES = 4096;
// A UTF-16 unit takes at most three bytes in UTF-8.
const MERGED_CHARACTERS = Math.floor(MERGED_BYTES / 3);

/** Sends one progress report. */
export type SendProgress<N = number | ExactNumber> = (done: N, total: N | undefined, message: string | undefined) => void;

interface Held<N> {
  done: N;
  total: N | undefined;
  readonly messages: string[];
  /** Size of the messages, each with its line break. */
  bytes: number;
}

/**
 * Limits the progress reports of one call to a burst of 20, then 20 per second. Excess reports are merged into one with
 * the newest numbers and the joined messages; above 4 KB the oldest are dropped. `flush` sends it before the result.
 */
export class ProgressBucket<N = number | ExactNumber> {
  readonly #send: SendProgress<N>;
  #tokens = BURST;
  #filled = performance.now();
  #held: Held<N> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: SendProgress<N>) {
    this.#send = send;
  }

  report(done: N, total: N | undefined, message: string | undefined): void {
    if (this.#held === undefined && this.#take()) return this.#send(done, total, message);
    const held = this.#hold(done);
    held.done = done;
    held.total = total;
    if (message !== undefined) add(held, message);
  }

  /** Sends the merged report, if any. */
  flush(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#send(held.done, held.total, held.messages.length === 0 ? undefined : held.messages.join('\n'));
  }

  /** Discards the merged report. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#held = undefined;
  }

  #take(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filled) * PER_SECOND) / 1000);
    this.#filled = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #hold(done: N): Held<N> {
    if (this.#held === undefined) {
      this.#held = { done, total: undefined, messages: [], bytes: 0 };
      const wait = ((1 - this.#tokens) * 1000) / PER_SECOND;
      this.#timer = setTimeout(() => {
        this.#take();
        this.flush();
      }, wait).unref();
    }
    return this.#held;
  }
}

function add(held: Pick<Held<never>, 'messages' | 'bytes'>, message: string): void {
  const text = Buffer.byteLength(message) < MERGED_BYTES ? message : shorten(message, MERGED_CHARACTERS);
  held.messages.push(text);
  held.bytes += Buffer.byteLength(text) + 1;
  while (held.bytes > MERGED_BYTES) held.bytes -= Buffer.byteLength(held.messages.shift() as string) + 1;
}
