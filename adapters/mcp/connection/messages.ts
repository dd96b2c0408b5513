import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import type { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { isVast, VastError } from '../../../src/core/json/vast.ts';
import { shorten } from '../../../src/core/text/text.ts';

// Shapes of JSON-RPC messages that come from a server.

const MAX_MESSAGE_LENGTH = 4_096;
/** The JSON-RPC error for what went wrong on the way. */
export const INTERNAL = -32603;

/** Our ids are above this one, far from the SDK's own, so that each answer finds the one who asked. */
export const FIRST_ID = 1_000_000;

/** An error that the server answered with. */
export class RpcFailure extends Error {
  readonly number: number;
  readonly data: JsonValue | undefined;

  constructor({ code, message, data }: JsonObject) {
    super(
      typeof message === 'string' && message !== ''
        ? shorten(message, MAX_MESSAGE_LENGTH)
        : 'the server answered with an error without a message',
    );
    const number = toDouble(code);
    this.number = typeof number === 'number' ? number : 0;
    this.data = data;
  }
}

/** An id of a request of the server. */
export type RequestId = string | number | ExactNumber;

/** Whether a value can be the id of a request. */
export function isRequestId(id: JsonValue | undefined): id is RequestId {
  return typeof id === 'string' || Number.isInteger(toDouble(id));
}

/** What an answer without a usable result means. */
export function toFailure({ result, error }: JsonObject): Error {
  if (isJsonObject(error) && (typeof error.message === 'string' || typeof toDouble(error.code) === 'number')) return new RpcFailure(error);
  if (result !== undefined && result !== null)
    return new GatewayError('RESULT_INVALID', 'The server answered with a result that is not an object.');
  return new GatewayError(
    'PLUGIN_PROTOCOL_ERROR',
    error === undefined || error === null
      ? 'The server answered with neither a result nor an error.'
      : 'The server answered with an error that has neither a message nor a code.',
  );
}

/** More values than a handshake or a ping has; the SDK would note for each of them what is wrong with it. */
const MAX_FOR_SDK = 10_000;

/** Whether a message of the server is too large for the SDK. */
export function isTooLargeForSdk(message: JsonObject): boolean {
  return isVast(message, MAX_FOR_SDK);
}

/** An answer to one of the SDK's own requests, in a shape that it takes; undefined where it has no usable id. */
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

/** Why a progress message cannot be used. */
export function progressFault({ progressToken, progress, total, message }: JsonObject): string | undefined {
  if (!isRequestId(progressToken)) return 'progress without a token';
  if (!Number.isFinite(toDouble(progress))) return 'progress that is not a number';
  if (total !== undefined && total !== null && !Number.isFinite(toDouble(total))) return 'progress whose total is not a number';
  if (message !== undefined && message !== null && typeof message !== 'string') return 'progress whose message is not a text';
  return undefined;
}

/** Why a cancellation cannot be used. */
export function cancelledFault({ requestId }: JsonObject): string | undefined {
  return isRequestId(requestId) ? undefined : 'a cancellation without the id of a request';
}

/** What a message over the limit means for the request it answers. */
export function tooLarge(limit: number): GatewayError {
  return new GatewayError('RESULT_TOO_LARGE', `The server sent a message of more than ${limit} bytes.`);
}

/** What an answer means that could not be parsed: it is not JSON, or holds more values than can be taken. */
export function unreadable(error: unknown): GatewayError {
  if (error instanceof VastError)
    return new GatewayError('RESULT_TOO_LARGE', `The server sent a message that cannot be taken: ${error.message}.`);
  return new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server answered with something that is not JSON.');
}

// Servers write the id first or last, on either side of "jsonrpc".
const FIRST = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,16})\s*,/;
const LAST = /,\s*"id"\s*:\s*(\d{1,16})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/** The id of an answer that cannot be read, by its first and last characters; undefined where they do not show it. */
export function idOf(head: string, tail: string): number | undefined {
  const id = FIRST.exec(head)?.[1] ?? LAST.exec(tail)?.[1];
  return id === undefined ? undefined : Number(id);
}
