import { GatewayError } from '../../src/core/errors.ts';
import type { CallContext } from '../../src/core/tool.ts';

/** How long a question whose call is not clear waits for other calls to end, and a call for another client's questions. */
const CLEAR_UP_MS = 5_000;
const TURN_MS = 30_000;

/**
 * The calls of one connection, by the ids of their requests. On the older revisions a server's question over stdio,
 * HTTP+SSE or WebSocket does not say whose call it belongs to. Nobody must ever be asked for somebody else: it is the
 * only call in flight, or one of several of one and the same client, or nobody's. A server that has asked once serves
 * one client at a time from then on.
 */
export class InFlight {
  readonly #calls = new Map<number, CallContext>();
  #waiting: (() => void)[] = [];
  #held = 0;
  #places = 0;
  #queue: number[] = [];
  #asks = false;

  get size(): number {
    return this.#calls.size;
  }

  add(id: number, ctx: CallContext): void {
    this.#calls.set(id, ctx);
  }

  remove(id: number): void {
    if (this.#calls.delete(id) && this.#waiting.length > 0) this.#wake();
  }

  /** The call that a request belongs to. */
  of(id: number | undefined): CallContext | undefined {
    return id === undefined ? undefined : this.#calls.get(id);
  }

  /** The only client with calls in flight, by one of its calls; undefined where there is none or more than one. */
  only(): CallContext | undefined {
    const calls = [...this.#calls.values()];
    const last = calls.at(-1);
    return calls.every(({ client }) => client === last?.client) ? last : undefined;
  }

  /** Whose call a question is about; undefined where no call is in flight. Waits for clarity, and throws where there is none. */
  async asker(): Promise<CallContext | undefined> {
    this.#asks = true;
    const until = performance.now() + CLEAR_UP_MS;
    while (this.#calls.size > 0) {
      const only = this.only();
      if (only) return only;
      this.#held++;
      // Once every call waits for a question to be answered, none of them will end by itself.
      const hopeless = this.#held >= this.#calls.size || performance.now() >= until;
      if (!hopeless) await this.#change(until);
      this.#held--;
      if (hopeless)
        throw new GatewayError('ASK_FAILED', 'The server asked while calls of several clients were in flight, and did not say for whom.');
    }
    return undefined;
  }

  /** Waits until a call may be sent: a server that asks gets the calls of one client at a time. Returns what gives the place to the call. */
  async turn(ctx: CallContext): Promise<() => void> {
    const until = performance.now() + TURN_MS;
    const place = --this.#places;
    this.#queue.push(place);
    try {
      while (this.#queue[0] !== place || !this.#mayJoin(ctx)) {
        if (ctx.aborted || performance.now() >= until) {
          throw new GatewayError('BUSY', 'The server is asking another client something, and takes the calls of one client at a time.', {
            retryAfterMs: CLEAR_UP_MS,
          });
        }
        await this.#change(until);
      }
      // Held from this very moment, so that nobody else finds the connection free before the call is on its way.
      this.#calls.set(place, ctx);
      return () => this.remove(place);
    } finally {
      this.#queue = this.#queue.filter((other) => other !== place);
      this.#wake();
    }
  }

  /** Whether a call may be sent at once. */
  free(ctx: CallContext): boolean {
    return !this.#asks || (this.#queue.length === 0 && this.#mayJoin(ctx));
  }

  #mayJoin(ctx: CallContext): boolean {
    return !this.#asks || this.#calls.size === 0 || this.only()?.client === ctx.client;
  }

  #change(until: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, until - performance.now()));
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
