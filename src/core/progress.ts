import type { ExactNumber } from './json/exact-number.ts';
import { shorten } from './text/text.ts';

const BURST = 20;
const PER_SECOND = 20;
const MERGED_BYTES = 4096;
// A character takes three bytes at most, one half of a pair included.
const MERGED_CHARACTERS = Math.floor(MERGED_BYTES / 3);

/** Takes one report of progress. */
export type SendProgress<N = number | ExactNumber> = (done: N, total: N | undefined, message: string | undefined) => void;

interface Held<N> {
  done: N;
  total: N | undefined;
  readonly messages: string[];
  /** Of the messages, each with its line break. */
  bytes: number;
}

/**
 * Thins out the progress of one call: 20 reports at once, then 20 a second. What comes faster is merged into one report with the newest
 * numbers and the texts joined, the oldest left out over 4 KB; `flush` sends it before the answer.
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

  /** Sends what is held back. */
  flush(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#send(held.done, held.total, held.messages.length === 0 ? undefined : held.messages.join('\n'));
  }

  /** Forgets what is held back. */
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
