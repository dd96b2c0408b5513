import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '../../core/error-codes.ts';
import { type ExactNumber, toJsonText } from '../../core/json/exact-number.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import { findFault, noteExact, toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { type JsonCaps, JsonError, parseMessage } from '../../core/json/json-scan.ts';
import { isWellFormed, wellFormedForeignJson, wellFormedJson } from '../../core/text/well-formed.ts';

/** Numeric ids are counters of at most 64 bits. */
const MAX_ID = 2 ** 64;

/** A request id, echoed as it was sent. */
export type Id = string | number | ExactNumber;

/** The error numbers of JSON-RPC, and those of revision 2026-07-28. */
export const RPC = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  header: -32020,
  capability: -32021,
  version: -32022,
} as const;

/** One valid message. */
export type Message =
  | {
      readonly kind: 'request';
      readonly id: Id;
      readonly method: string;
      readonly params: JsonObject;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: JsonObject;
    }
  | {
      readonly kind: 'response';
      readonly id: Id | undefined;
      readonly body: JsonObject;
    };

/** An invalid message; `id` is null if it could not be read. */
export interface Fault {
  readonly kind: 'fault';
  readonly id: Id | null;
  readonly number: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What was received: a message, a fault, or a batch of both. */
export type Incoming = Message | Fault | { readonly kind: 'batch'; readonly items: readonly (Message | Fault)[] };

/** Parses and validates one message. Never throws; errors become faults that can be answered. */
export function readMessage(bytes: Buffer, caps: JsonCaps): Incoming {
  const read = readJson(bytes, caps);
  if ('fault' in read) return read.fault;
  const { value, original } = read;
  if (original !== undefined && hasBrokenId(parseExact(original)))
    return fault(null, RPC.request, 'INVALID_REQUEST', 'An id must not contain an unpaired surrogate.');
  if (!Array.isArray(value)) return toMessage(value);
  if (value.length === 0) return fault(null, RPC.request, 'INVALID_REQUEST', 'A batch must not be empty.');
  return { kind: 'batch', items: value.map(toMessage) };
}

/** Byte order mark; some Windows programs write it. */
const BOM = '\ufeff';

/** Parsed JSON; `original` is the text as received, if unpaired surrogates had to be replaced. */
interface ReadJson {
  readonly value: JsonValue;
  readonly original?: string | undefined;
}

/** Parses untrusted JSON within caps. Unpaired surrogates become U+FFFD. */
export function readJson(bytes: Buffer, caps: JsonCaps): ReadJson | { readonly fault: Fault } {
  if (!isUtf8(bytes)) return { fault: fault(null, RPC.parse, 'PARSE_ERROR', 'The message is not UTF-8.') };
  try {
    const sent = bytes.toString();
    const original = sent.startsWith(BOM) ? sent.slice(1) : sent;
    const text = wellFormedForeignJson(original);
    return {
      value: parseMessage(text === original ? bytes : Buffer.from(text), text, caps),
      original: text === original ? undefined : original,
    };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { fault: jsonFault(error) };
  }
}

// An id must be echoed as it was sent, which is impossible with an unpaired surrogate.
function hasBrokenId(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasBrokenId);
  return isJsonObject(value) && typeof value.id === 'string' && !isWellFormed(value.id);
}

function jsonFault(error: JsonError): Fault {
  if (error.fault === 'syntax') return fault(null, RPC.parse, 'PARSE_ERROR', 'The message is not JSON.');
  if (error.fault === 'duplicate') return fault(null, RPC.request, 'DUPLICATE_KEY', 'The message has the same key twice in one object.');
  return fault(null, RPC.request, 'MESSAGE_TOO_DEEP', `The message has ${error.message}.`);
}

/** The fault of a message that was not read because of its size. */
export function tooLarge(limit: number): Fault {
  return fault(null, RPC.request, 'MESSAGE_TOO_LARGE', `The message is larger than ${limit} bytes.`);
}

function fault(id: Id | null, number: number, code: ErrorCode, message: string): Fault {
  return { kind: 'fault', id, number, code, message };
}

// NaN and infinity get an error with their position if they are in arguments; elsewhere the message is not JSON.
function hasWordOutsideArguments(value: JsonValue): boolean {
  const faultOf = ({ isNonFinite, fault }: ExactNumber): string | undefined => (isNonFinite ? fault : undefined);
  if (findFault(value, faultOf) === undefined) return false;
  if (!isJsonObject(value)) return true;
  // An invalid answer must reach the call that waits for it, so its fault is reported there.
  if (value.method === undefined && isId(value.id)) return false;
  if (value.method !== 'tools/call' || !isJsonObject(value.params)) return true;
  const { arguments: _, ...params } = value.params;
  return findFault(noteExact({ ...value, params }), faultOf) !== undefined;
}

function toMessage(value: JsonValue): Message | Fault {
  if (hasWordOutsideArguments(value)) return fault(null, RPC.parse, 'PARSE_ERROR', 'The message is not JSON.');
  if (!isJsonObject(value)) return fault(null, RPC.request, 'INVALID_REQUEST', 'A message must be a JSON object.');
  const { id, method } = value;
  // Some serializers write null for absent members.
  const params = value.params ?? undefined;
  const known = isId(id) ? id : null;
  if (value.jsonrpc !== '2.0') return fault(known, RPC.request, 'INVALID_REQUEST', 'A message must have "jsonrpc": "2.0".');
  if (method === undefined) {
    if ('result' in value || 'error' in value) return { kind: 'response', id: known ?? undefined, body: value };
    return fault(known, RPC.request, 'INVALID_REQUEST', 'A message must have a method, a result or an error.');
  }
  if (typeof method !== 'string') return fault(known, RPC.request, 'INVALID_REQUEST', 'A method must be a string.');
  if ('id' in value && known === null) return fault(null, RPC.request, 'INVALID_REQUEST', 'An id must be a string or an integer.');
  if (params !== undefined && !isJsonObject(params)) {
    // A notification gets no reply, so the error is dropped.
    if (known === null) return { kind: 'notification', method: '', params: {} };
    return fault(known, RPC.params, 'INVALID_PARAMS', 'Parameters must be an object.');
  }
  if (known === null) return { kind: 'notification', method, params: params ?? {} };
  return { kind: 'request', id: known, method, params: params ?? {} };
}

function isId(id: JsonValue | undefined): id is Id {
  if (typeof id === 'string') return true;
  const number = toDouble(id);
  return Number.isInteger(number) && Math.abs(number as number) <= MAX_ID;
}

/** A reply with a result that is already JSON. Large results are bytes, which are copied once. */
export function replyText(id: Id, result: string | Buffer): string | Buffer {
  const head = `{"jsonrpc":"2.0","id":${typeof id === 'string' ? JSON.stringify(id) : id},"result":`;
  if (typeof result === 'string') return `${head}${wellFormedJson(result)}}`;
  return Buffer.concat([Buffer.from(head), result, CLOSING]);
}

const CLOSING = Buffer.from('}');

/** An error reply. */
export function errorText(id: Id | null, number: number, message: string, data?: JsonObject): string {
  const error = data === undefined ? { code: number, message } : { code: number, message, data };
  return wellFormedJson(toJsonText({ jsonrpc: '2.0', id, error }));
}

/** A notification; `params` is JSON. */
export function notificationText(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":${wellFormedJson(params)}}`;
}

/** A request from the gateway. */
export function requestText(id: Id, method: string, params: JsonObject): string {
  return wellFormedJson(toJsonText({ jsonrpc: '2.0', id, method, params }));
}
