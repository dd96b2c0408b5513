import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { hidePaths } from '../../core/text/text.ts';
import type { Era } from './era.ts';
import { type Fault, type Id, RPC } from './wire.ts';

/** An error on its way to a client; `status` is the HTTP status of the modern era. */
export class RpcError extends Error {
  readonly number: number;
  readonly status: number;
  readonly data: JsonObject | undefined;

  constructor(number: number, message: string, data?: JsonObject, status = 200) {
    super(message);
    this.number = number;
    this.data = data;
    this.status = status;
  }
}

const NUMBERS: Partial<Record<ErrorCode, number>> = {
  PARSE_ERROR: RPC.parse,
  INVALID_REQUEST: RPC.request,
  NOT_INITIALIZED: RPC.request,
  DUPLICATE_ID: RPC.request,
  METHOD_NOT_FOUND: RPC.method,
  INVALID_PARAMS: RPC.params,
  UNAUTHENTICATED: RPC.request,
  NOT_FOUND: RPC.request,
  UNKNOWN_SESSION: RPC.request,
  SCOPE_MISSING: RPC.request,
  RATE_LIMITED: RPC.request,
  UNKNOWN_TOOL: RPC.params,
};

// The capability that each kind of question requires.
const REQUIRED: Readonly<Record<string, JsonObject>> = {
  form: { elicitation: {} },
  url: { elicitation: { url: {} } },
  sampling: { sampling: {} },
  roots: { roots: {} },
};

/** Converts anything thrown to an error for the client, without secrets and paths. Internal errors are logged. */
export function toRpcError(thrown: unknown, redactor: Redactor, log: Logger, era: Era['kind'] = 'legacy'): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const error =
    thrown instanceof GatewayError
      ? thrown
      : new GatewayError('INTERNAL', 'The gateway failed on this request.', {
          cause: thrown,
        });
  const data = redactor.value(error.toObject()) as JsonObject;
  const message = hidePaths(redactor.text(error.message));
  if (error.code === 'CAPABILITY_MISSING' && era === 'modern') {
    return new RpcError(RPC.capability, message, { ...data, requiredCapabilities: REQUIRED[String(data.field)] ?? {} }, 400);
  }
  const number = NUMBERS[error.code] ?? RPC.internal;
  if (number === RPC.internal)
    log.error(redactor.text(error.message), {
      code: error.code,
      ref: error.ref,
      cause: stackOf(error),
    });
  return new RpcError(number, message, { ...data, message, fix: hidePaths(String(data.fix)) }, statusOf(error.code, number));
}

function statusOf(code: ErrorCode, number: number): number {
  if (code === 'UNAUTHENTICATED') return 401;
  if (code === 'SCOPE_MISSING') return 403;
  if (code === 'RATE_LIMITED') return 429;
  return number === RPC.method || code === 'NOT_FOUND' ? 404 : 200;
}

function stackOf({ details: { cause } }: GatewayError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}

/** Converts the fault of an invalid message to an error. */
export function faultError({ number, code, message }: Fault): RpcError {
  return new RpcError(number, message, new GatewayError(code, message).toObject(), 400);
}

/** An id for an error message, at most 64 characters: ids are untrusted text. */
export function showId(id: Id): string {
  return String(id).slice(0, 64);
}
