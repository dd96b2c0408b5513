import { GatewayError } from '../core/errors.ts';
import { ExactNumber, mark } from '../core/exact-number.ts';
import type { Call } from '../gateway/call.ts';
import type { Frame, Outlet } from './outlet.ts';
import type { Id } from './wire.ts';

/** One reply that is owed. */
export interface PendingReply {
  readonly id: Id;
  outlet: Outlet;
  /** The call behind it, once there is one. */
  call?: Call | undefined;
  /** Ends a stream that stays open until somebody wants it ended; nobody need wait for such a debt. */
  end?: (() => void) | undefined;
}

/** Totals over all ledgers of the process. */
export const replyTotals = { accepted: 0, sent: 0, cancelled: 0, dropped: 0 };

/** The ids a client waits for. Each is paid exactly once, or cancelled, or gone with its connection. */
export class PendingReplies {
  readonly #replies = new Map<string | number, PendingReply>();

  /** Replies that are owed and will come by themselves. */
  get size(): number {
    let waiting = 0;
    for (const pending of this.#replies.values()) if (!pending.end) waiting++;
    return waiting;
  }

  /** Ends the streams that are still open, each with its final reply. */
  endStreams(): void {
    for (const pending of [...this.#replies.values()]) pending.end?.();
  }

  /** Whether the reply to an id is still to come. */
  has(id: Id | null): boolean {
    return id !== null && this.#replies.has(keyOf(id));
  }

  /** Notes a debt; undefined where the id is still owed. */
  add(id: Id, outlet: Outlet): PendingReply | undefined {
    const key = keyOf(id);
    if (this.#replies.has(key)) return undefined;
    const pending: PendingReply = { id, outlet };
    this.#replies.set(key, pending);
    replyTotals.accepted++;
    return pending;
  }

  /** The only way a reply leaves. A debt that is settled already is counted and dropped. */
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

  /** Something about a debt that is still owed, such as progress. */
  note(pending: PendingReply, bytes: string): void {
    if (this.#replies.get(keyOf(pending.id)) === pending) pending.outlet.write({ bytes, last: false });
  }

  /** Ends a call at the client's wish; no reply follows. */
  cancel(id: Id, reason: string): void {
    const pending = this.#replies.get(keyOf(id));
    if (!pending || !this.#settle(pending)) return;
    replyTotals.cancelled++;
    const { outlet, call } = pending;
    release(pending);
    call?.abort(new GatewayError('CALL_CANCELLED', `The client cancelled the call: ${reason}`));
    outlet.write({ last: true });
  }

  /** Ends the calls that are under way: each is still owed its reply, which now comes at once and says why. */
  interrupt(reason: string): void {
    for (const { call } of [...this.#replies.values()]) call?.abort(new GatewayError('CALL_CANCELLED', reason));
  }

  /** The replies that are owed, all of them or those of some ids. */
  list(ids?: readonly Id[]): readonly PendingReply[] {
    return ids ? ids.flatMap((id) => this.#replies.get(keyOf(id)) ?? []) : [...this.#replies.values()];
  }

  /** The connection is gone: nothing is owed any more, and nothing need go on. */
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

// An id is the same where it is written the same: 1.0 is another than 1, and no text is either.
function keyOf(id: Id): string | number {
  return id instanceof ExactNumber ? mark(id.text) : id;
}

const NOWHERE: Outlet = { write: () => undefined };

// A map that has moved to a new table leaves the old one behind, with everything that stood in it; a settled debt must not
// keep a whole request alive from there until a full collection.
function release(pending: PendingReply): void {
  pending.outlet = NOWHERE;
  pending.call = undefined;
  pending.end = undefined;
}
