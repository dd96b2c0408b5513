import type { QuestionKind } from '../../../src/core/contract/question.ts';
import type { ErrorCode } from '../../../src/core/error-codes.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { shorten } from '../../../src/core/text/text.ts';
import { proxyFault, unreachable } from '../../../src/host/network/unreachable.ts';
import { RpcFailure } from './messages.ts';

const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const NO_SUCH_RESOURCE = -32002;
const CAPABILITY_MISSING = -32021;
const KINDS: readonly QuestionKind[] = ['sampling', 'roots'];

const MAX_CAUSE_LENGTH = 500;
const TOO_LONG = /string length/;
const UNSENT = /^(Headers\b|Cannot convert argument to a ByteString)/;

/** The HTTP status behind an error of the SDK's transports. */
export function statusOf(error: unknown): number | undefined {
  if (!isJsonObject(error) || isAnswered(error)) return undefined;
  const { status, data, code } = error as unknown as { status?: unknown; data?: { status?: unknown }; code?: unknown };
  const found = status ?? data?.status ?? (typeof code === 'number' && code >= 100 && code < 600 ? code : undefined);
  return typeof found === 'number' ? found : undefined;
}

// What a server answered to the handshake is an error of the SDK, too, with a code and data of the server's own.
function isAnswered(error: unknown): boolean {
  return error instanceof Error && error.name === 'ProtocolError';
}

/** What a failed sending means: the error for its call, and why the connection is of no more use, where it is not. */
export interface SendFailure {
  readonly error: GatewayError | RpcFailure;
  readonly ends?: string;
}

/** Why a connection to a server whose session has ended is of no more use. */
export const SESSION_ENDED = 'it has ended our session';

/** What a failed sending is judged by. */
export interface Judging {
  /** The server keeps a session for us, and 404 says that it has ended. */
  readonly session: boolean;
  /** Each request travels alone: the loss of one says nothing of the others. */
  readonly apart: boolean;
  /** The proxy that may have answered in place of the server, in words. */
  readonly via?: string;
}

/** What a request means that could not even be written: nothing of it went out. */
export function notSent(thrown: unknown): GatewayError {
  const cause = toError(thrown);
  if (cause instanceof GatewayError && cause.outcome === 'NOT_SENT') return cause;
  const fix = 'Look at the arguments of the call and at the "headers" of the server.';
  return new GatewayError('PLUGIN_FAILED', `The request could not be sent: ${causeOf(cause)}.`, { outcome: 'NOT_SENT', fix, cause });
}

// What stands between a request and its sending: names and values that no header can have, and texts that grow too long.
function isUnsent(error: Error): boolean {
  if (error instanceof RangeError) return TOO_LONG.test(error.message);
  if (!(error instanceof TypeError)) return false;
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return cause === undefined ? UNSENT.test(error.message) : cause.code === 'UND_ERR_INVALID_ARG';
}

/** Judges what the SDK's transports throw. */
export function judge(thrown: unknown, { session, apart, via = '' }: Judging): SendFailure {
  const refused = (why: string, ends = true): SendFailure => ({
    error: new GatewayError('PLUGIN_UNAVAILABLE', `The server takes no calls: ${why}.`, { cause: thrown, fix: proxyFault(thrown)?.fix }),
    ...(ends ? { ends: why } : {}),
  });
  if (thrown instanceof GatewayError || thrown instanceof RpcFailure) return { error: thrown };
  const error = toError(thrown);
  if (isUnsent(error)) return { error: notSent(error) };
  const status = statusOf(error);
  if (status === 404 && session) return refused(SESSION_ENDED);
  const why = unreachable(error);
  if (why !== undefined) return refused(`it cannot be reached, ${why}`, !apart);
  const answered = rpcErrorIn(error);
  if (answered) return { error: answered };
  if (status !== undefined)
    return {
      error: new GatewayError('PLUGIN_FAILED', `The server${via} answered with HTTP ${status}.`, { cause: error, ...fixOf(status) }),
    };
  const lost = new GatewayError('UPSTREAM_LOST', `The connection to the server failed: ${causeOf(error)}.`, { cause: error });
  // What has no cause is a fault of ours, and about that request alone.
  const ends = !apart && error instanceof TypeError && error.cause !== undefined;
  return { error: lost, ...(ends ? { ends: causeOf(error) } : {}) };
}

/** What to do about a status that says nothing of the request; empty for others. */
export function fixOf(status: number): { readonly fix?: string } {
  return status >= 500 ? { fix: 'Find out what is wrong with the server, or with the proxy before it; the log has the details.' } : {};
}

const LOSSES: readonly ErrorCode[] = ['UPSTREAM_LOST', 'PLUGIN_UNAVAILABLE', 'LOAD_TIMEOUT'];

/** Whether a request got no answer at all, so that it may be worth another try. */
export function isLoss(thrown: unknown): boolean {
  if (thrown instanceof GatewayError) return LOSSES.includes(thrown.code);
  return thrown instanceof TypeError || unreachable(toError(thrown)) !== undefined;
}

/** What became of a call, in the gateway's words. */
export function toCallFailure(thrown: unknown, method: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return thrown instanceof RpcFailure
    ? toRpcFailure(thrown, method)
    : (judge(thrown, { session: false, apart: true }).error as GatewayError);
}

/** The error in the body of a refusal: the newer era tells some errors by an HTTP status. */
export function rpcErrorIn(error: Error): RpcFailure | undefined {
  const { data } = error as { data?: unknown };
  try {
    const body: unknown = isJsonObject(data) && typeof data.text === 'string' ? JSON.parse(data.text) : undefined;
    return isJsonObject(body) && isJsonObject(body.error) ? new RpcFailure(body.error) : undefined;
  } catch {
    return undefined;
  }
}

function toRpcFailure(failure: RpcFailure, method: string): GatewayError {
  const { number, message, data } = failure;
  if (number === CAPABILITY_MISSING) {
    const needed = isJsonObject(data) && isJsonObject(data.requiredCapabilities) ? data.requiredCapabilities : {};
    const { elicitation, ...others } = needed;
    const kind = isJsonObject(elicitation)
      ? Object.hasOwn(elicitation, 'url')
        ? 'url'
        : 'form'
      : KINDS.find((name) => Object.hasOwn(others, name));
    return new GatewayError('CAPABILITY_MISSING', message, { field: kind, cause: failure });
  }
  if (method !== 'tools/call' && (number === INVALID_PARAMS || number === NO_SUCH_RESOURCE || number === METHOD_NOT_FOUND)) {
    return new GatewayError('INVALID_PARAMS', message, { cause: failure });
  }
  return new GatewayError('PLUGIN_FAILED', message, { cause: failure });
}

/** The innermost reason of an error, in one sentence. */
export function causeOf(error: Error): string {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (isMisfit(cause)) return 'its answer does not have the shape that the protocol wants';
  const [first = ''] = (cause as Error).message.split('\n');
  return shorten(first.replace(/\.$/, ''), MAX_CAUSE_LENGTH) || 'without a reason';
}

// Libraries explain a wrong shape by a list of everything that they tried.
function isMisfit(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, name, issues } = error as Error & { readonly code?: unknown; readonly issues?: unknown };
  return Array.isArray(issues) || name === 'ZodError' || code === 'INVALID_RESULT';
}

/** A server that has not answered within `ms`, and is left alone for up to `maxMs`. */
export function stillStarting(ms: number, maxMs: number): GatewayError {
  return new GatewayError('LOAD_TIMEOUT', `It is still starting: the server has not answered within ${ms / 1000} s.`, {
    fix: `Wait for it: a running gateway gives it up to ${maxMs / 1000} s ("limits.startCapMs").`,
  });
}
