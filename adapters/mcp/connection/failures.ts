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

// JSON-RPC errors from the server are SDK errors too; their code and data come from the server and are not an HTTP status.
function isAnswered(error: unknown): boolean {
  return error instanceof Error && error.name === 'ProtocolError';
}

/** The consequences of a failed send: the error of its call and, if the connection is unusable, the reason. */
export interface SendFailure {
  readonly error: GatewayError | RpcFailure;
  readonly ends?: string;
}

/** Reason for dropping a connection after the server ended its session. */
export const SESSION_ENDED = 'it ended the session';

/** Properties of the connection that classify a failed send. */
export interface FailureContext {
  /** The connection has an MCP session; a 404 means that it ended. */
  readonly session: boolean;
  /** Each request is a separate HTTP request, so losing one does not affect the others. */
  readonly apart: boolean;
  /** Names the proxy that may have responded instead of the server, for messages. */
  readonly via?: string;
}

/** The error for a request that failed before anything was sent. Outcome NOT_SENT. */
export function notSent(thrown: unknown): GatewayError {
  const cause = toError(thrown);
  if (cause instanceof GatewayError && cause.outcome === 'NOT_SENT') return cause;
  const fix = 'Check the arguments of the call and the "headers" of the server.';
  return new GatewayError('PLUGIN_FAILED', `The request could not be sent: ${causeOf(cause)}.`, { outcome: 'NOT_SENT', fix, cause });
}

// Errors from building a request: invalid header names or values, and strings over V8's length limit.
function isUnsent(error: Error): boolean {
  if (error instanceof RangeError) return TOO_LONG.test(error.message);
  if (!(error instanceof TypeError)) return false;
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return cause === undefined ? UNSENT.test(error.message) : cause.code === 'UND_ERR_INVALID_ARG';
}

/** Classifies an error thrown by the SDK's transports. */
export function classifyFailure(thrown: unknown, { session, apart, via = '' }: FailureContext): SendFailure {
  const refused = (why: string, ends = true): SendFailure => ({
    error: new GatewayError('PLUGIN_UNAVAILABLE', `The server is unavailable: ${why}.`, { cause: thrown, fix: proxyFault(thrown)?.fix }),
    ...(ends ? { ends: why } : {}),
  });
  if (thrown instanceof GatewayError || thrown instanceof RpcFailure) return { error: thrown };
  const error = toError(thrown);
  if (isUnsent(error)) return { error: notSent(error) };
  const status = statusOf(error);
  if (status === 404 && session) return refused(SESSION_ENDED);
  const why = unreachable(error);
  if (why !== undefined) return refused(`it cannot be reached: ${why}`, !apart);
  const answered = rpcErrorIn(error);
  if (answered) return { error: answered };
  if (status !== undefined)
    return {
      error: new GatewayError('PLUGIN_FAILED', `The server${via} responded with HTTP ${status}.`, { cause: error, ...fixOf(status) }),
    };
  const lost = new GatewayError('UPSTREAM_LOST', `The connection to the server failed: ${causeOf(error)}.`, { cause: error });
  // A TypeError without a cause is a local fault of this one request.
  const ends = !apart && error instanceof TypeError && error.cause !== undefined;
  return { error: lost, ...(ends ? { ends: causeOf(error) } : {}) };
}

/** The fix for a 5xx status, which is unrelated to the request. Empty for other statuses. */
export function fixOf(status: number): { readonly fix?: string } {
  return status >= 500 ? { fix: 'Check the server and the proxy in front of it; the log has the details.' } : {};
}

const LOSSES: readonly ErrorCode[] = ['UPSTREAM_LOST', 'PLUGIN_UNAVAILABLE', 'LOAD_TIMEOUT'];

/** Whether a request got no response, so that a retry may help. */
export function isLoss(thrown: unknown): boolean {
  if (thrown instanceof GatewayError) return LOSSES.includes(thrown.code);
  return thrown instanceof TypeError || unreachable(toError(thrown)) !== undefined;
}

/** Converts a failure of a call to a GatewayError. */
export function toCallFailure(thrown: unknown, method: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return thrown instanceof RpcFailure
    ? toRpcFailure(thrown, method)
    : (classifyFailure(thrown, { session: false, apart: true }).error as GatewayError);
}

/** The JSON-RPC error in the body of an HTTP error response. The modern era sends some errors this way. */
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

/** The innermost cause of an error, as one sentence without a period. */
export function causeOf(error: Error): string {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (isMisfit(cause)) return 'its response does not match the protocol';
  const [first = ''] = (cause as Error).message.split('\n');
  return shorten(first.replace(/\.$/, ''), MAX_CAUSE_LENGTH) || 'without a reason';
}

// Validation libraries list every alternative they tried, which is too long for a message.
function isMisfit(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, name, issues } = error as Error & { readonly code?: unknown; readonly issues?: unknown };
  return Array.isArray(issues) || name === 'ZodError' || code === 'INVALID_RESULT';
}

/** The error for a server that has not responded within `ms` and may take up to `maxMs`. */
export function stillStarting(ms: number, maxMs: number): GatewayError {
  return new GatewayError('LOAD_TIMEOUT', `The server is still starting: no response within ${ms / 1000} s.`, {
    fix: `Wait: a running gateway allows it up to ${maxMs / 1000} s ("limits.startCapMs").`,
  });
}
