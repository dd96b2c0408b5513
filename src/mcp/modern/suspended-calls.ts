import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { asObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { ClientLink } from '../../gateway/call/call.ts';
import type { AskLimits } from '../legacy/server-requests.ts';
import type { Handler, Reply, RequestLink } from '../request.ts';
import { MultiRoundCall, type Suspend } from './multi-round-call.ts';

const MAX_SUSPENDED = 1_000;

/**
 * Modern-era calls that wait for answers. `requestState` identifies them; only the same caller can use it, once. A state with
 * a ticket works even without its call: the call then restarts with the answers.
 */
export interface SuspendedCalls {
  /** Runs a method for a request, or resumes the call of the request's state. */
  run(method: string, request: RequestLink, handler: Handler): Promise<Reply>;
  /** Ends the suspended calls of callers that lost their access. */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): void;
  /** Ends the suspended calls of one client, given by the caller's fields of its audit lines. */
  end(audit: string, reason: string): void;
  /** Number of calls that wait for an answer. */
  readonly suspended: number;
  close(): void;
}

interface SuspendedCall {
  readonly call: MultiRoundCall;
  readonly seal: string;
  readonly ticket: string | undefined;
  readonly timer: NodeJS.Timeout;
}

export function createSuspendedCalls(limits: AskLimits): SuspendedCalls {
  const suspended = new Map<string, SuspendedCall>();
  // Random per start and never exposed, so states of another run are invalid.
  const key = randomBytes(32);

  const seal = (id: string, owner: string): string => createHmac('sha256', key).update(`${id}\n${owner}`).digest('base64url');

  const suspend =
    (owner: string): Suspend =>
    (call, ticket) => {
      if (suspended.size >= MAX_SUSPENDED)
        throw new GatewayError('OVERLOADED', `The limit of ${MAX_SUSPENDED} suspended calls is reached.`);
      const { askMs } = limits;
      const id = randomBytes(16).toString('base64url');
      const timer = setTimeout(() => {
        suspended.delete(id);
        call.abandon(new GatewayError('ASK_FAILED', `The client did not answer within ${askMs / 1000} s.`));
      }, askMs).unref();
      const sealed = seal(id, owner);
      suspended.set(id, { call, seal: sealed, ticket, timer });
      return ticket === undefined ? `${id}.${sealed}` : `${id}.${sealed}.${ticket}`;
    };

  // Undefined if no call waits under this state.
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

  const abandon = (isGone: (call: MultiRoundCall) => boolean, error: GatewayError): void => {
    for (const [id, { call, timer }] of suspended) {
      if (!isGone(call)) continue;
      suspended.delete(id);
      clearTimeout(timer);
      call.abandon(error);
    }
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
    revoke: (isGone, error) => abandon(({ caller }) => isGone(caller), error),
    end: (audit, reason) => abandon((call) => call.audit === audit, new GatewayError('CALL_CANCELLED', reason)),
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

// A state is bound to its caller, method, name and arguments.
function ownerOf(method: string, { caller, params }: RequestLink): string {
  const { name, uri, arguments: args } = params;
  const digest = createHash('sha256')
    .update(canonicalJson([method, name ?? null, uri ?? null, args ?? {}]))
    .digest('hex');
  return `${caller.principal}\n${caller.profile}\n${digest}`;
}
