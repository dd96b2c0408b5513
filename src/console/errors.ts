import type { ErrorRequestHandler } from 'express';
import type { ErrorCode } from '../core/error-codes.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { HttpError } from '../transports/edge/http-error.ts';
import { sendJson } from '../transports/send-json.ts';
import type { ApiError } from './api/types.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  APPROVAL_CHANGED: 409,
  APPROVAL_GONE: 410,
  ARGUMENTS_INVALID: 400,
  CONFLICT: 409,
  DRAINING: 503,
  FIXED_BY_FILE: 423,
  FORBIDDEN: 403,
  INVALID_PARAMS: 400,
  LOGIN_CODE_REFUSED: 403,
  MESSAGE_TOO_LARGE: 413,
  NOT_FOUND: 404,
  OVERLOADED: 503,
  RATE_LIMITED: 429,
  SETTINGS_INVALID: 422,
  STATE_STORE_UNAVAILABLE: 503,
  STORE_DAMAGED: 503,
  STORE_NEWER: 503,
  UNAUTHENTICATED: 401,
  UNKNOWN_TOOL: 404,
  UNSUPPORTED_MEDIA_TYPE: 415,
};
/** Of an error without a status of its own: something failed, but not the request. */
const OTHER_STATUS = 409;

/** Answers with any error as JSON. Only errors of the gateway's own code are logged. */
export function answerErrors(redactor: Redactor, log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    const error = toGatewayError(thrown);
    if (error.code === 'INTERNAL') log.error(`console: ${toError(thrown).stack}`, { ref: error.ref });
    const { code, message, fix, field, fields, ref } = error.toObject() as unknown as ApiError['error'];
    const body: ApiError = {
      error: { code, message, ...(fix && { fix }), ...(field && { field }), ...(fields && { fields }), ...(ref && { ref }) },
    };
    const headers = error instanceof HttpError ? error.headers : {};
    sendJson(response, statusOf(error), JSON.stringify(redactor.texts(body)), headers);
    // Discard the rest of the body.
    if (!request.complete) request.resume();
  };
}

function statusOf(error: GatewayError): number {
  if (error instanceof HttpError) return error.status;
  return error.code === 'INTERNAL' ? 500 : (STATUS[error.code] ?? OTHER_STATUS);
}

// Express reports faults of the path and of the body with a status.
function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const { status, limit } = thrown as { status?: number; limit?: number };
  if (status === 413) return new HttpError(413, 'MESSAGE_TOO_LARGE', `The body is larger than ${limit} bytes.`, { Connection: 'close' });
  if (status === 415) return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body is compressed.');
  if (status !== undefined && status >= 400 && status < 500) return new HttpError(status, 'INVALID_PARAMS', 'The request is not valid.');
  return new GatewayError('INTERNAL', 'The gateway failed on this request.', { cause: thrown });
}
