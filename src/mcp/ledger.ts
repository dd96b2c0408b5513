import { GatewayError } from '../core/errors.ts';
import { ExactNumber, mark } from '../core/exact-number.ts';
import type { Call } from '../gateway/call.ts';
import type { Frame, Outlet } from './outlet.ts';
import type { Id } from './wire.ts';

/** One reply that is owed. */
export interface Debt {
  readonly id: Id;
  outlet: Outlet;
  /** The call behind it, once there is one. */
  call?: Call | undefined;
  /** Ends a stream that stays open until somebody wants it ended; nobody need wait for such a debt. */
  end?: (() => void) | undefined;
}

/** Totals over all ledgers of the process. */
export const ledgerTotals = { owed: 0, paid: 0, cancelled: 0, dropped: 0 };

/** The ids a client waits for. Each is paid exactly once, or cancelled, or gone with its connection. */
export class Ledger {
  readonly #owed = new Map<string | number, Debt>();

  /** Replies that are owed and will come by themselves. */
  get size(): number {
    let waiting = 0;
    for (const debt of this.#owed.values()) if (!debt.end) waiting++;
    return waiting;
  }

  /** Ends the streams that are still open, each with its final reply. */
  endStreams(): void {
    for (const debt of [...this.#owed.values()]) debt.end?.();
  }

  /** Whether the reply to an id is still to come. */
  owes(id: Id | null): boolean {
    return id !== null && this.#owed.has(keyOf(id));
  }

  /** Notes a debt; undefined where the id is still owed. */
  owe(id: Id, outlet: Outlet): Debt | undefined {
    const key = keyOf(id);
    if (this.#owed.has(key)) return undefined;
    const debt: Debt = { id, outlet };
    this.#owed.set(key, debt);
    ledgerTotals.owed++;
    return debt;
  }

  /** The only way a reply leaves. A debt that is settled already is counted and dropped. */
  pay(debt: Debt, frame: Frame): void {
    if (!this.#settle(debt)) {
      ledgerTotals.dropped++;
      return;
    }
    ledgerTotals.paid++;
    const { outlet } = debt;
    release(debt);
    outlet.write(frame);
  }

  /** Something about a debt that is still owed, such as progress. */
  note(debt: Debt, bytes: string): void {
    if (this.#owed.get(keyOf(debt.id)) === debt) debt.outlet.write({ bytes, last: false });
  }

  /** Ends a call at the client's wish; no reply follows. */
  cancel(id: Id, reason: string): void {
    const debt = this.#owed.get(keyOf(id));
    if (!debt || !this.#settle(debt)) return;
    ledgerTotals.cancelled++;
    const { outlet, call } = debt;
    release(debt);
    call?.abort(new GatewayError('CALL_CANCELLED', `The client cancelled the call: ${reason}`));
    outlet.write({ last: true });
  }

  /** Ends the calls that are under way: each is still owed its reply, which now comes at once and says why. */
  interrupt(reason: string): void {
    for (const { call } of [...this.#owed.values()]) call?.abort(new GatewayError('CALL_CANCELLED', reason));
  }

  /** The replies that are owed, all of them or those of some ids. */
  debts(ids?: readonly Id[]): readonly Debt[] {
    return ids ? ids.flatMap((id) => this.#owed.get(keyOf(id)) ?? []) : [...this.#owed.values()];
  }

  /** The connection is gone: nothing is owed any more, and nothing need go on. */
  forget(reason: string): void {
    for (const debt of [...this.#owed.values()]) {
      this.#settle(debt);
      ledgerTotals.cancelled++;
      const { call } = debt;
      release(debt);
      call?.abort(new GatewayError('CALL_CANCELLED', reason));
    }
  }

  #settle(debt: Debt): boolean {
    const key = keyOf(debt.id);
    return this.#owed.get(key) === debt && this.#owed.delete(key);
  }
}

// An id is the same where it is written the same: 1.0 is another than 1, and no text is either.
function keyOf(id: Id): string | number {
  return id instanceof ExactNumber ? mark(id.text) : id;
}

const NOWHERE: Outlet = { write: () => undefined };

// A map that has moved to a new table leaves the old one behind, with everything that stood in it; a settled debt must not
// keep a whole request alive from there until a full collection.
function release(debt: Debt): void {
  debt.outlet = NOWHERE;
  debt.call = undefined;
  debt.end = undefined;
}
