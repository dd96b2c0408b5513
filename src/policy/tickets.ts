import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { inApprovalStore } from './approval-store.ts';

/** What a ticket is bound to. */
export interface TicketBond {
  /** Identifies caller, tool and arguments; a ticket is invalid for any other. */
  readonly subject: string;
  /** A digest of the arguments that were shown. */
  readonly shown: string;
}

/**
 * Signed, single-use proof of one approval question. A stateless client returns it with the answer. It is valid for the same
 * subject until it expires, even after a restart and for any gateway with the same store.
 */
export interface Tickets {
  issue(bond: TicketBond): string;
  /** Uses a ticket and returns the digest of the arguments that were shown. Throws INVALID_PARAMS if it is not valid. */
  redeem(ticket: string, subject: string): string;
}

const KEYS = 'keys';
const USED = 'used-tickets';
const KEY_BYTES = 32;

/** Tickets that are valid for `ttlMs()`. `now` is wall-clock time, because tickets outlive the process. */
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
      if (!genuine) throw refused('is unknown, or was issued for another caller, tool or arguments');
      const expires = Number.parseInt(expiry, 36);
      if (expires <= now()) throw refused('has expired: the question was not answered in time');
      if (!inApprovalStore(() => use(store, nonce, expires, now()))) throw refused('was already used');
      return shown;
    },
  };
}

// Several gateways may share a store; the first one creates the key.
function readKey(store: Store): Buffer {
  store.add(KEYS, 'tickets', randomBytes(KEY_BYTES).toString('base64url'));
  const key = Buffer.from(store.get(KEYS, 'tickets') ?? '', 'base64url');
  // A shorter key could be guessed, which would allow forged tickets.
  if (key.length !== KEY_BYTES) throw new Error('the stored key for signing tickets has the wrong length');
  return key;
}

// Used tickets are stored until they would have expired.
function use(store: Store, nonce: string, expires: number, now: number): boolean {
  for (const [old, until] of store.entries(USED)) if (Number(until) <= now) store.delete(USED, old);
  return store.add(USED, nonce, String(expires));
}

function refused(why: string): GatewayError {
  return new GatewayError('INVALID_PARAMS', `The requestState ${why}. No tool was run.`, {
    field: 'requestState',
    fix: 'Call again without a requestState.',
  });
}
