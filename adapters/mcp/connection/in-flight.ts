import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

/** How long a question whose call is not clear waits for other calls to end. */
const CLEAR_UP_MS = 5_000;
/** How long a call of something that asks lets another client's call of such a kind come to its question first. */
const TURN_MS = 1_000;

interface OneCall {
  readonly ctx: CallContext;
  /** What is called. */
  readonly target: string;
}

/**
 * The calls of one connection, by the ids of their requests. On the older revisions a server's question over stdio,
 * HTTP+SSE or WebSocket does not say whose call it belongs to. Nobody must ever be asked for somebody else: it is the
 * only call in flight, or one of several of one and the same client, or nobody's. Calls of what is known to ask start one
 * client after the other, so that their questions come apart; whoever is being asked holds nobody up.
 */
export class InFlight {
  readonly #calls = new Map<number, OneCall>();
  readonly #askers = new Set<string>();
  /** Calls with an open question, and how many they have. */
  readonly #open = new Map<CallContext, number>();
  #waiting: (() => void)[] = [];
  #held = 0;
  #places = 0;
  #queue: number[] = [];

  get size(): number {
    return this.#calls.size;
  }

  add(id: number, ctx: CallContext, params: JsonObject = {}): void {
    this.#calls.set(id, { ctx, target: targetOf(params) });
  }

  remove(id: number): void {
    if (this.#calls.delete(id) && this.#waiting.length > 0) this.#wake();
  }

  /** The call that a request belongs to. */
  of(id: number | undefined): CallContext | undefined {
    return id === undefined ? undefined : this.#calls.get(id)?.ctx;
  }

  /** The only client with calls in flight, by one of its calls; undefined where there is none or more than one. */
  only(): CallContext | undefined {
    const calls = [...this.#calls.values()];
    const last = calls.at(-1)?.ctx;
    return calls.every(({ ctx }) => ctx.client === last?.client) ? last : undefined;
  }

  /** Whose call a question is about; undefined where no call is in flight. Waits for clarity, and throws where there is none. */
  async asker(): Promise<CallContext | undefined> {
    for (const { target } of this.#calls.values()) this.#askers.add(target);
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

  /** Puts a question to the client behind a call. */
  async whileAsked<T>(ctx: CallContext, answer: Promise<T>): Promise<T> {
    this.#open.set(ctx, (this.#open.get(ctx) ?? 0) + 1);
    this.#wake();
    try {
      return await answer;
    } finally {
      const left = (this.#open.get(ctx) ?? 1) - 1;
      if (left > 0) this.#open.set(ctx, left);
      else this.#open.delete(ctx);
    }
  }

  /** Waits until a call may be sent, a moment at most. Returns what gives its place to the call. */
  async turn(ctx: CallContext): Promise<() => void> {
    const until = performance.now() + TURN_MS;
    const place = --this.#places;
    this.#queue.push(place);
    try {
      while (!ctx.aborted && performance.now() < until && (this.#queue[0] !== place || !this.#mayJoin(ctx))) await this.#change(until);
      // Held from this very moment, so that nobody else finds the connection free before the call is on its way.
      this.#calls.set(place, { ctx, target: '' });
      return () => this.remove(place);
    } finally {
      this.#queue = this.#queue.filter((other) => other !== place);
      this.#wake();
    }
  }

  /** Whether a call may be sent at once. */
  free(ctx: CallContext, params: JsonObject): boolean {
    return this.#askers.size === 0 || !this.#askers.has(targetOf(params)) || (this.#queue.length === 0 && this.#mayJoin(ctx));
  }

  // Another client's call that may ask, and has not come to that yet, goes first.
  #mayJoin({ client }: CallContext): boolean {
    for (const { ctx, target } of this.#calls.values()) {
      if (ctx.client !== client && !this.#open.has(ctx) && (target === '' || this.#askers.has(target))) return false;
    }
    return true;
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

function targetOf({ name, uri }: JsonObject): string {
  return typeof name === 'string' ? `n ${name}` : `u ${typeof uri === 'string' ? uri : ''}`;
}
