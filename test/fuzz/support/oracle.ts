import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ERROR_CODES } from '../../../dist/src/core/error-codes.js';
import { SEED } from './messages.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MB = 1024 * 1024;
const HEAP_MARGIN = 8 * MB;
const ANSWER_MS = 30_000;
const CANARY_MS = 50;
/** Generator, servers and gateway share one event loop, so times are reported and fail a run only if the loop was blocked. */
const CANARY_WORST_P99_MS = 10_000;
const IDLE_MS = 10_000;
const STACK = /\n +at .+:\d+:\d+/;

/** The parts of a call's reply that the oracle checks. */
export interface Answer {
  readonly isError?: boolean;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly structured?: unknown;
}

/** Invariants of a gateway in this process under garbage input: O1 to O5, checked after the batch. */
export class Oracle {
  readonly #broken: string[] = [];
  readonly #forbidden: readonly string[];
  readonly #times: number[] = [];
  readonly #listen = (error: unknown): void => this.fail('O5', `an uncaught error: ${(error as Error)?.stack ?? error}`);
  #baseline: { readonly heap: number; readonly resources: number } | undefined;
  #singing = true;
  #song: Promise<void> | undefined;
  /** The last message of each sender, which is reported with a failure. */
  readonly last = new Map<string, string>();
  readonly codes = new Map<string, number>();
  owed = 0;
  paid = 0;

  /** `forbidden`: secrets and paths that no reply may show. */
  constructor(forbidden: readonly string[]) {
    this.#forbidden = forbidden;
    process.on('uncaughtException', this.#listen);
    process.on('unhandledRejection', this.#listen);
  }

  /** Whether an invariant was violated, so that the batch can stop. */
  get isBroken(): boolean {
    return this.#broken.length > 0;
  }

  fail(statement: string, what: string): void {
    const sent = [...this.last.values()].map((text) => text.slice(0, 300)).join('\n  ');
    if (this.#broken.length < 5) this.#broken.push(`${statement}: ${what.slice(0, 600)}\n  sent last:\n  ${sent}`);
  }

  /** Waits for a pending reply: there must be one, within the time limit of any reply (O1). */
  async owe<T>(what: string, answer: Promise<T>): Promise<T | undefined> {
    this.owed++;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ANSWER_MS);
    });
    try {
      const found = await Promise.race([answer.then((value) => ({ value })), late]);
      if (found) this.paid++;
      else this.fail('O1', `${what} was never answered`);
      return found?.value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Checks a reply: an error of the gateway has a known code, a text and a reference, and reveals nothing (O4). */
  inspect(result: Answer): string | undefined {
    const text = this.#written(result);
    for (const word of this.#forbidden) if (text.includes(word)) this.fail('O4', `an answer shows "${word}": ${text}`);
    const error = result.meta?.['plugmux/error'] as { code?: unknown; message?: unknown; ref?: unknown } | undefined;
    if (error === undefined) return undefined;
    const { code, message, ref } = error;
    const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
    if (!known || typeof message !== 'string' || typeof ref !== 'string' || STACK.test(message))
      this.fail('O4', `an error of an unknown form: ${text}`);
    this.codes.set(String(code), (this.codes.get(String(code)) ?? 0) + 1);
    return String(code);
  }

  // As a transport would write it.
  #written({ content, isError, meta, structured }: Answer): string {
    try {
      return JSON.stringify({ content, isError, meta, structured });
    } catch (error) {
      this.fail('O4', `a reply cannot be serialised: ${error}`);
      return '';
    }
  }

  /** Calls a healthy plugin continuously: its calls must never fail (O2). */
  sing(call: () => Promise<Answer>): void {
    this.#song = (async () => {
      while (this.#singing) {
        const started = performance.now();
        const result = await this.owe('the canary', call());
        if (result?.isError === true) this.fail('O2', `the canary was refused: ${JSON.stringify(result)}`);
        this.#times.push(performance.now() - started);
        await new Promise((resolve) => setTimeout(resolve, CANARY_MS));
      }
    })();
  }

  /** Measures the process before the batch, after everything used first has been loaded and compiled. */
  rest(): void {
    collect();
    this.#baseline = { heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length };
  }

  /** Checks the invariants once; throws with the seed and the last messages on a violation. */
  async read(): Promise<string> {
    this.#singing = false;
    await this.#song;
    const sorted = [...this.#times].sort((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    if (p99 > CANARY_WORST_P99_MS) this.fail('O2', `p99 of the canary is ${Math.round(p99)} ms`);
    if (this.owed !== this.paid) this.fail('O1', `${this.owed} replies were expected, ${this.paid} arrived`);
    await this.#settle();
    process.off('uncaughtException', this.#listen);
    process.off('unhandledRejection', this.#listen);
    if (this.#broken.length > 0) throw new Error(`${this.#broken.join('\n')}\nreplay with PLUGMUX_FUZZ_SEED=${SEED}`);
    return `seed ${SEED}, ${this.paid} answers, canary p99 ${Math.round(p99)} ms, ${[...this.codes].map(([code, n]) => `${code} ${n}`).join(', ')}`;
  }

  // O3: timers and streams as before, and memory as before except for bounded caches.
  async #settle(): Promise<void> {
    const before = this.#baseline;
    if (!before) return;
    const until = performance.now() + IDLE_MS;
    let held = { heap: 0, resources: 0 };
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      collect();
      held = { heap: process.memoryUsage().heapUsed - before.heap, resources: process.getActiveResourcesInfo().length - before.resources };
      if (held.heap <= HEAP_MARGIN && held.resources <= 1) return;
    } while (performance.now() < until);
    this.fail(
      'O3',
      `${(held.heap / MB).toFixed(1)} MB and ${held.resources} timers or streams stayed: ${process.getActiveResourcesInfo().join(' ')}`,
    );
  }
}
