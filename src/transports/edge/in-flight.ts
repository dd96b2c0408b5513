import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../core/contract/caller.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { PendingExchange } from '../../mcp/streamable.ts';

/** How long a client may take to read the error before its connection is cut. */
const CUT_MS = 500;

/** One request that waits for its reply, as an element of a linked list. */
interface Waiting {
  readonly caller: Caller;
  readonly response: ServerResponse;
  readonly pending: PendingExchange;
  previous: Waiting | undefined;
  next: Waiting | undefined;
}

/** The requests that wait for a reply. A linked list, because the old tables of a Set keep responses alive until a full collection. */
export class InFlight {
  #first: Waiting | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Tracks a request until its response has been sent or its connection closed, then calls `over` once. */
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
    // A response queued behind another one gets no event when its connection closes. Any number may be queued.
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

  /** Answers the requests of revoked callers with an error. */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): void {
    for (let waiting = this.#first; waiting; waiting = waiting.next) {
      const { caller, pending, response } = waiting;
      if (!isGone(caller)) continue;
      pending.revoke(error);
      setTimeout(() => response.destroy(), CUT_MS).unref();
    }
  }

  /** Ends the requests of one stateless client with a reply; `audit`: the caller's fields of its audit lines. */
  endClient(audit: string, reason: string): void {
    for (let waiting = this.#first; waiting; waiting = waiting.next) if (waiting.pending.isOf(audit)) waiting.pending.interrupt(reason);
  }

  /** Ends every request with a reply. */
  interrupt(reason: string): void {
    for (let waiting = this.#first; waiting; waiting = waiting.next) waiting.pending.interrupt(reason);
  }
}
