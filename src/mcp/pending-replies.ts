import { GatewayError } from '../core/errors.ts';
import { ExactNumber, mark } from '../core/json/exact-number.ts';
import type { Call } from '../gateway/call/call.ts';
import type { Frame, Outlet } from './wire/outlet.ts';
import type { Id } from './wire/wire.ts';

/** A request that awaits its reply. */
export interface PendingReply {
  readonly id: Id;
  outlet: Outlet;
  /** The call behind it, once there is one. */
  call?: Call | undefined;
  /** Ends a stream that stays open until this is called; draining does not wait for it. */
  end?: (() => void) | undefined;
}

/** Totals over all connections of the process. */
export const replyTotals = { accepted: 0, sent: 0, cancelled: 0, dropped: 0 };

/** The requests of one client without a reply yet. Each gets exactly one reply, unless it is cancelled or its connection closes. */
export class PendingReplies {
  readonly #replies = new Map<string | number, PendingReply>();

  /** Number of pending replies, without open streams. */
  get size(): number {
    let waiting = 0;
    for (const pending of this.#replies.values()) if (!pending.end) waiting++;
    return waiting;
  }

  /** Ends the streams that are still open, each with its final reply. */
  endStreams(): void {
    for (const pending of [...this.#replies.values()]) pending.end?.();
  }

  /** Whether the request with this id is still pending. */
  has(id: Id | null): boolean {
    return id !== null && this.#replies.has(keyOf(id));
  }

  /** Adds a request; undefined if one with the same id is pending. */
  add(id: Id, outlet: Outlet): PendingReply | undefined {
    const key = keyOf(id);
    if (this.#replies.has(key)) return undefined;
    const pending: PendingReply = { id, outlet };
    this.#replies.set(key, pending);
    replyTotals.accepted++;
    return pending;
  }

  /** Sends a reply; the only code path for replies. A second reply to a request is counted and dropped. */
  send(pending: PendingReply, frame: Frame): void {
    if (!this.#settle(pending)) {
      replyTotals.dropped++;
      return;
    }
    replyTotals.sent++;
    const { outlet } = pending;
    release(pending);
    outlet.write(frame);
  }

  /** Sends a notification about a pending request, such as progress. */
  note(pending: PendingReply, bytes: string): void {
    if (this.#replies.get(keyOf(pending.id)) === pending) pending.outlet.write({ bytes, last: false });
  }

  /** Cancels a call for the client; no reply follows. */
  cancel(id: Id, reason: string): void {
    const pending = this.#replies.get(keyOf(id));
    if (!pending || !this.#settle(pending)) return;
    replyTotals.cancelled++;
    const { outlet, call } = pending;
    release(pending);
    call?.abort(new GatewayError('CALL_CANCELLED', `The client cancelled the call: ${reason}`));
    outlet.write({ last: true });
  }

  /** Cancels the running calls; each gets a reply with the reason. */
  interrupt(reason: string): void {
    for (const { call } of [...this.#replies.values()]) call?.abort(new GatewayError('CALL_CANCELLED', reason));
  }

  /** The pending replies, all of them or those to some ids. */
  list(ids?: readonly Id[]): readonly PendingReply[] {
    return ids ? ids.flatMap((id) => this.#replies.get(keyOf(id)) ?? []) : [...this.#replies.values()];
  }

  /** The connection closed: cancels all calls and drops their replies. */
  forget(reason: string): void {
    for (const pending of [...this.#replies.values()]) {
      this.#settle(pending);
      replyTotals.cancelled++;
      const { call } = pending;
      release(pending);
      call?.abort(new GatewayError('CALL_CANCELLED', reason));
    }
  }

  #settle(pending: PendingReply): boolean {
    const key = keyOf(pending.id);
    return this.#replies.get(key) === pending && this.#replies.delete(key);
  }
}

// Ids are equal if they are written the same: 1.0 differs from 1 and from "1".
function keyOf(id: Id): string | number {
  return id instanceof ExactNumber ? mark(id.text) : id;
}

const NOWHERE: Outlet = { write: () => undefined };

// A `Map` that grew keeps its previous table, with old entries, until a full collection. Clearing a settled reply keeps that
// table from retaining whole requests.
function release(pending: PendingReply): void {
  pending.outlet = NOWHERE;
  pending.call = undefined;
  pending.end = undefined;
}
