import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

/** How long an ambiguous server request waits for calls of other clients to end. */
const CLEAR_UP_MS = 5_000;
/** How long a call of a target that requests input waits for another client's such call. */
const TURN_MS = 1_000;

interface OneCall {
  readonly ctx: CallContext;
  /** The tool, prompt or resource that is called. */
  readonly target: string;
}

/**
 * Calls in flight on one connection, by request id.
 *
 * In the older revisions a server request over stdio, HTTP+SSE or WebSocket does not name its call. It must never reach the
 * wrong user, so it is passed on only if all calls in flight belong to one client. Calls of targets that have requested input
 * before start one client at a time, so that their requests do not overlap. A call with an open request does not block
 * others.
 */
export class InFlight {
  readonly #calls = new Map<number, OneCall>();
  readonly #askers = new Set<string>();
  /** Calls with an open question, and how many they have. */
  readonly #open = new Map<CallContext, number>();
  #waiting: (() => void)[] = [];
  #held = 0;
  #tickets = 0;
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

  /** The call that sent a request. */
  of(id: number | undefined): CallContext | undefined {
    return id === undefined ? undefined : this.#calls.get(id)?.ctx;
  }

  /** One call of the only client with calls in flight; undefined if there are no calls, or calls of several clients. */
  only(): CallContext | undefined {
    const calls = [...this.#calls.values()];
    const last = calls.at(-1)?.ctx;
    return calls.every(({ ctx }) => ctx.client === last?.client) ? last : undefined;
  }

  /**
   * The call that a server request belongs to; undefined if no call is in flight. Waits until calls of only one client are
   * left, and throws ASK_FAILED if that does not happen.
   */
  async asker(): Promise<CallContext | undefined> {
    for (const { target } of this.#calls.values()) this.#askers.add(target);
    const until = performance.now() + CLEAR_UP_MS;
    while (this.#calls.size > 0) {
      const only = this.only();
      if (only) return only;
      this.#held++;
      // If every call waits for an answer, none can end.
      const hopeless = this.#held >= this.#calls.size || performance.now() >= until;
      if (!hopeless) await this.#change(until);
      this.#held--;
      if (hopeless)
        throw new GatewayError(
          'ASK_FAILED',
          'The server requested input while calls of several clients were in flight, without naming the call.',
        );
    }
    return undefined;
  }

  /** Marks a call as having an open request until `answer` settles. */
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

  /** Waits up to 1 s until a call may be sent. The returned function releases its reservation once the call is registered. */
  async turn(ctx: CallContext): Promise<() => void> {
    const until = performance.now() + TURN_MS;
    const ticket = --this.#tickets;
    this.#queue.push(ticket);
    try {
      while (!ctx.aborted && performance.now() < until && (this.#queue[0] !== ticket || !this.#mayJoin(ctx))) await this.#change(until);
      // Reserved immediately, so that no other call sees the connection as free before this one is sent.
      this.#calls.set(ticket, { ctx, target: '' });
      return () => this.remove(ticket);
    } finally {
      this.#queue = this.#queue.filter((other) => other !== ticket);
      this.#wake();
    }
  }

  /** Whether a call may be sent at once. */
  free(ctx: CallContext, params: JsonObject): boolean {
    return this.#askers.size === 0 || !this.#askers.has(targetOf(params)) || (this.#queue.length === 0 && this.#mayJoin(ctx));
  }

  // Waits for other clients' calls that may still request input.
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
