import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import type { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { isVast, VastError } from '../../../src/core/json/vast.ts';
import { shorten } from '../../../src/core/text/text.ts';

// Validation of JSON-RPC messages from a server.

const MAX_MESSAGE_LENGTH = 4_096;
/** JSON-RPC code for internal errors. */
export const INTERNAL = -32603;

/** The gateway's request ids are above this value, so they never collide with the SDK's. */
export const FIRST_ID = 1_000_000;

/** A JSON-RPC error returned by the server. */
export class RpcFailure extends Error {
  readonly number: number;
  readonly data: JsonValue | undefined;

  constructor({ code, message, data }: JsonObject) {
    super(
      typeof message === 'string' && message !== ''
        ? shorten(message, MAX_MESSAGE_LENGTH)
        : 'the server returned an error without a message',
    );
    const number = toDouble(code);
    this.number = typeof number === 'number' ? number : 0;
    this.data = data;
  }
}

/** The id of a server request. */
export type RequestId = string | number | ExactNumber;

/** Whether a value can be the id of a request. */
export function isRequestId(id: JsonValue | undefined): id is RequestId {
  return typeof id === 'string' || Number.isInteger(toDouble(id));
}

/** The error for a response without a usable result. */
export function toFailure({ result, error }: JsonObject): Error {
  if (isJsonObject(error) && (typeof error.message === 'string' || typeof toDouble(error.code) === 'number')) return new RpcFailure(error);
  if (result !== undefined && result !== null)
    return new GatewayError('RESULT_INVALID', 'The server returned a result that is not an object.');
  return new GatewayError(
    'PLUGIN_PROTOCOL_ERROR',
    error === undefined || error === null
      ? 'The server returned neither a result nor an error.'
      : 'The server returned an error without a message or a code.',
  );
}

/** Maximum number of values in a message for the SDK, which records an issue for each invalid value. A handshake has far fewer. */
const MAX_FOR_SDK = 10_000;

/** Whether a message has too many values for the SDK. */
export function isTooLargeForSdk(message: JsonObject): boolean {
  return isVast(message, MAX_FOR_SDK);
}

/** Converts a response to one of the SDK's requests to a shape that it accepts; undefined without a usable id. */
export function toSdkMessage(answer: JsonObject): JSONRPCMessage | undefined {
  const { id: given, result, error } = answer;
  if (!isRequestId(given)) return undefined;
  const id = toDouble(given);
  if (isTooLargeForSdk(answer)) return { jsonrpc: '2.0', id, error: { code: INTERNAL, message: 'the answer holds too many values' } };
  if (isJsonObject(result)) return { jsonrpc: '2.0', id, result };
  const { code, message, data } = isJsonObject(error) ? error : ({} as JsonObject);
  return {
    jsonrpc: '2.0',
    id,
    error: {
      code: Number.isSafeInteger(toDouble(code)) ? (toDouble(code) as number) : INTERNAL,
      message: typeof message === 'string' ? shorten(message, MAX_MESSAGE_LENGTH) : 'the answer is neither a result nor an error',
      ...(data === undefined ? {} : { data }),
    },
  };
}

/** Why a progress notification is invalid; undefined if it is valid. */
export function progressFault({ progressToken, progress, total, message }: JsonObject): string | undefined {
  if (!isRequestId(progressToken)) return 'progress without a token';
  if (!Number.isFinite(toDouble(progress))) return 'progress that is not a number';
  if (total !== undefined && total !== null && !Number.isFinite(toDouble(total))) return 'progress whose total is not a number';
  if (message !== undefined && message !== null && typeof message !== 'string') return 'progress whose message is not a text';
  return undefined;
}

/** Why a cancellation is invalid; undefined if it is valid. */
export function cancelledFault({ requestId }: JsonObject): string | undefined {
  return isRequestId(requestId) ? undefined : 'a cancellation without the id of a request';
}

/** The error for a response over the size limit. */
export function tooLarge(limit: number): GatewayError {
  return new GatewayError('RESULT_TOO_LARGE', `The server sent a message over the ${limit}-byte limit.`);
}

/** The error for a response that is not JSON or has too many values. */
export function unreadable(error: unknown): GatewayError {
  if (error instanceof VastError)
    return new GatewayError('RESULT_TOO_LARGE', `The server sent a message that is too large to parse: ${error.message}.`);
  return new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server returned a response that is not JSON.');
}

// Servers write the id first or last, on either side of "jsonrpc".
const FIRST = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,16})\s*,/;
const LAST = /,\s*"id"\s*:\s*(\d{1,16})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/** The id of an unparsable response, from its first and last characters; undefined if they do not contain it. */
export function idOf(head: string, tail: string): number | undefined {
  const id = FIRST.exec(head)?.[1] ?? LAST.exec(tail)?.[1];
  return id === undefined ? undefined : Number(id);
}
