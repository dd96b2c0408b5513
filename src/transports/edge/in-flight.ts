import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../core/contract/caller.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { PendingExchange } from '../../mcp/streamable.ts';

/** How long a client may take to read its last words. */
const CUT_MS = 500;

/** One request that waits for its reply, between its neighbours. */
interface Waiting {
  readonly caller: Caller;
  readonly response: ServerResponse;
  readonly pending: PendingExchange;
  previous: Waiting | undefined;
  next: Waiting | undefined;
}

/** The requests that wait for a reply. A list and no set: a set's old tables would keep every response alive until a full collection. */
export class InFlight {
  #first: Waiting | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Keeps a request until its response is over, one way or the other, and then calls `over` once. */
  follow(caller: Caller, { socket }: IncomingMessage, response: ServerResponse, pending: PendingExchange, over: () => void): void {
    const waiting = this.#add({ caller, response, pending, previous: undefined, next: this.#first });
    const behind = response.socket === null;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      if (behind) socket.off('close', end);
      this.#remove(waiting);
      over();
    };
    response.on('close', end);
    // A response that stands behind another one of its connection hears nothing when that connection goes; any number may.
    if (behind) socket.setMaxListeners(0).once('close', end);
    if (socket.destroyed) end();
  }

  #add(waiting: Waiting): Waiting {
    if (this.#first) this.#first.previous = waiting;
    this.#first = waiting;
    this.#count++;
    return waiting;
  }

  #remove(waiting: Waiting): void {
    const { previous, next } = waiting;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    waiting.previous = undefined;
    waiting.next = undefined;
    this.#count--;
  }

  /** Has those answered with an error whose callers may not call any more. */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): void {
    for (let waiting = this.#first; waiting; waiting = waiting.next) {
      const { caller, pending, response } = waiting;
      if (!isGone(caller)) continue;
      pending.revoke(error);
      setTimeout(() => response.destroy(), CUT_MS).unref();
    }
  }

  /** Has every one of them answered now. */
  interrupt(reason: string): void {
    for (let waiting = this.#first; waiting; waiting = waiting.next) waiting.pending.interrupt(reason);
  }
}
