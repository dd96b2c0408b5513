import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { asObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { ClientLink } from '../../gateway/call/call.ts';
import type { AskLimits } from '../legacy/server-requests.ts';
import type { Handler, Reply, RequestLink } from '../peer.ts';
import { MultiRoundCall, type Suspend } from './multi-round-call.ts';

const MAX_PARKED = 1_000;

/**
 * Calls of the stateless era that wait for answers, found again by a state that only their own caller can use, once. A
 * state that carries a ticket is good without its call too: the call then begins anew, with the answers it needs.
 */
export interface SuspendedCalls {
  /** Runs a method for a request, or goes on with the call that the request's state belongs to. */
  run(method: string, request: RequestLink, handler: Handler): Promise<Reply>;
  /** Ends the waiting calls of callers that may not call any more. */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): void;
  /** Calls that wait for an answer. */
  readonly suspended: number;
  close(): void;
}

interface SuspendedCall {
  readonly call: MultiRoundCall;
  readonly seal: string;
  readonly ticket: string | undefined;
  readonly timer: NodeJS.Timeout;
}

/** No calls yet. */
export function createSuspendedCalls(limits: AskLimits): SuspendedCalls {
  const suspended = new Map<string, SuspendedCall>();
  // Made at each start and never told: a state of another run is a foreign one.
  const key = randomBytes(32);

  const seal = (id: string, owner: string): string => createHmac('sha256', key).update(`${id}\n${owner}`).digest('base64url');

  const suspend =
    (owner: string): Suspend =>
    (call, ticket) => {
      if (suspended.size >= MAX_PARKED) throw new GatewayError('OVERLOADED', `${MAX_PARKED} calls wait for answers already.`);
      const { askMs } = limits;
      const id = randomBytes(16).toString('base64url');
      const timer = setTimeout(() => {
        suspended.delete(id);
        call.abandon(new GatewayError('ASK_FAILED', `No answer came within ${askMs / 1000} s.`));
      }, askMs).unref();
      const sealed = seal(id, owner);
      suspended.set(id, { call, seal: sealed, ticket, timer });
      return ticket === undefined ? `${id}.${sealed}` : `${id}.${sealed}.${ticket}`;
    };

  // Undefined where nobody waits under this state any more.
  const take = ({ id, given, ticket }: State, owner: string): MultiRoundCall | undefined => {
    const found = suspended.get(id);
    if (!found) return undefined;
    const expected = seal(id, owner);
    const genuine = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
    if (!genuine || found.seal !== expected || found.ticket !== ticket) throw unknownState();
    suspended.delete(id);
    clearTimeout(found.timer);
    return found.call;
  };

  return {
    run(method, request, handler) {
      const { requestState, inputResponses } = request.params;
      const begin = (offered: JsonObject, returned?: ClientLink['returned']): Promise<Reply> =>
        new MultiRoundCall(request, (call, ticket) => suspend(ownerOf(method, request))(call, ticket), returned).start(handler, offered);
      const responses = asObject(inputResponses);
      if (requestState === undefined) return begin(responses);
      const state = readState(requestState);
      const waiting = take(state, ownerOf(method, request));
      if (waiting) return waiting.resume(request, responses);
      if (state.ticket === undefined || method !== 'tools/call') throw unknownState();
      return begin({}, { ticket: state.ticket, answers: responses });
    },
    revoke(isGone, error) {
      for (const [id, { call, timer }] of suspended) {
        if (!isGone(call.caller)) continue;
        suspended.delete(id);
        clearTimeout(timer);
        call.abandon(error);
      }
    },
    get suspended() {
      return suspended.size;
    },
    close() {
      for (const { call, timer } of suspended.values()) {
        clearTimeout(timer);
        call.abandon(new GatewayError('DRAINING', 'The gateway is shutting down.'));
      }
      suspended.clear();
    },
  };
}

interface State {
  readonly id: string;
  readonly given: string;
  readonly ticket: string | undefined;
}

function readState(state: JsonValue): State {
  const [id = '', given = '', ticket] = typeof state === 'string' ? state.split('.') : [];
  return { id, given, ticket };
}

function unknownState(): GatewayError {
  return new GatewayError('INVALID_PARAMS', 'Invalid requestState: unknown, already used, or issued to another caller.', {
    field: 'requestState',
  });
}

// Whom a state belongs to, and what for: the same caller, the same method, the same name and arguments.
function ownerOf(method: string, { caller, params }: RequestLink): string {
  const { name, uri, arguments: args } = params;
  const digest = createHash('sha256')
    .update(canonicalJson([method, name ?? null, uri ?? null, args ?? {}]))
    .digest('hex');
  return `${caller.principal}\n${caller.profile}\n${digest}`;
}
