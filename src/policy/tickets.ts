import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { inApprovalStore } from './approval-store.ts';

/** What a ticket is good for. */
export interface TicketBond {
  /** One text for who calls what: a ticket is void for any other. */
  readonly subject: string;
  /** A digest of the arguments that were shown. */
  readonly shown: string;
}

/**
 * A ticket stands for one question to a person. It travels with a client that keeps no connection, and comes back with
 * the answer: for the same subject, once, in time, also after a restart and to any gateway of the same store.
 */
export interface Tickets {
  issue(bond: TicketBond): string;
  /** Uses a ticket up and gives the digest of what was shown. Throws INVALID_PARAMS where it is no good. */
  redeem(ticket: string, subject: string): string;
}

const KEYS = 'keys';
const USED = 'used-tickets';
const KEY_BYTES = 32;

/** Tickets that last `ttlMs()`. The clock is that of the wall: a ticket outlives the process. */
export function createTickets(store: Store, ttlMs: () => number, now: () => number = Date.now): Tickets {
  let key: Buffer | undefined;

  const sealOf = (content: string, subject: string): string => {
    key ??= readKey(store);
    return createHmac('sha256', key).update(`${content}\n${subject}`).digest('base64url');
  };

  return {
    issue({ subject, shown }) {
      const content = [(now() + ttlMs()).toString(36), randomBytes(16).toString('base64url'), shown].join('~');
      return `${content}~${inApprovalStore(() => sealOf(content, subject))}`;
    },
    redeem(ticket, subject) {
      const [expiry = '', nonce = '', shown = '', given = '', ...rest] = ticket.split('~');
      const expected = inApprovalStore(() => sealOf([expiry, nonce, shown].join('~'), subject));
      const genuine = rest.length === 0 && given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
      if (!genuine) throw refused('is not known, or was made for another caller, tool or other arguments');
      const expires = Number.parseInt(expiry, 36);
      if (expires <= now()) throw refused('has expired: nobody answered in time');
      if (!inApprovalStore(() => use(store, nonce, expires, now()))) throw refused('has been used already');
      return shown;
    },
  };
}

// Kept under one name by whoever comes first: several gateways may share a store.
function readKey(store: Store): Buffer {
  store.add(KEYS, 'tickets', randomBytes(KEY_BYTES).toString('base64url'));
  const key = Buffer.from(store.get(KEYS, 'tickets') ?? '', 'base64url');
  // A short key could be guessed, and with it anybody could make tickets.
  if (key.length !== KEY_BYTES) throw new Error('the key that seals questions is not the one that was kept');
  return key;
}

// A used ticket is remembered for as long as it would have been good.
function use(store: Store, nonce: string, expires: number, now: number): boolean {
  for (const [old, until] of store.entries(USED)) if (Number(until) <= now) store.delete(USED, old);
  return store.add(USED, nonce, String(expires));
}

function refused(why: string): GatewayError {
  return new GatewayError('INVALID_PARAMS', `The requestState ${why}. Nothing was run.`, {
    field: 'requestState',
    fix: 'Call again without a requestState.',
  });
}
