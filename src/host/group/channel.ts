import type { Readable, Writable } from 'node:stream';
import { ERROR_CODES, type ErrorCode } from '../../core/error-codes.ts';
import { GatewayError, MAX_TEXT_LENGTH, thrownText } from '../../core/errors.ts';
import { IdMap } from '../../core/id-map.ts';
import { toDoublesText, toJsonText } from '../../core/json/exact-number.ts';
import { parseLine } from '../../core/json/exact-parse.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { parseText } from '../../core/json/json-text.ts';
import { refuseVast, VastError } from '../../core/json/vast.ts';
import { createLineSplitter } from '../../core/text/lines.ts';
import { shorten, showName } from '../../core/text/text.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import { BrokenRule } from './wire.ts';

// Captured before any plugin is loaded, since a plugin may replace JSON.stringify in its process.
const { stringify } = JSON;

/** Callbacks for incoming messages. */
export interface ChannelHandlers {
  /** Handles a request; a rejection becomes an error reply. */
  request(method: string, params: JsonObject, id: number): Promise<Serialised>;
  notify(method: string, params: JsonObject): void;
  /** The other side violated the protocol, or a handler threw: later messages are ignored. */
  broken(reason: string): void;
  /** Called for every chunk received. */
  onData?(): void;
}

/** Serialises values and parses lines. */
export interface Codec {
  parse(line: Buffer): JsonValue;
  write(value: unknown): string;
}

/** For processes that support exact numbers. */
export const EXACT: Codec = { parse: parseLine, write: toJsonText };
/** For JavaScript processes: a whole number that a double would round is sent as a string. */
export const DOUBLES: Codec = { parse: parseDoubles, write: toDoublesText };
/** For the end inside the plugin process: the gateway's messages are bounded already. */
const TRUSTED: Pick<Codec, 'parse'> = { parse: (line) => parseText(line.toString()) };

function parseDoubles(line: Buffer): JsonValue {
  const text = line.toString();
  refuseVast(text);
  return parseText(text);
}

/** A serialised JSON value. */
export interface Serialised {
  readonly json: string;
}

/** Beginning of a reply as the runtimes write it. */
const RESULT = /^\{"jsonrpc":"2\.0","id":(\d{1,15}),"result":/;
const HEAD_BYTES = 64;

/** One end of a newline-delimited JSON-RPC 2.0 connection between the gateway and a plugin process. */
export interface Channel {
  /** Sends a request; `onId` is called before the first byte is written. */
  request(method: string, params: string, onId?: (id: number) => void): Promise<JsonValue>;
  notify(method: string, params: string): void;
  /** Bytes not yet read by the other side. */
  waiting(): number;
  /** Rejects pending requests and all later ones. */
  close(reason: Error): void;
  /** Writes queued lines, then ends the outgoing stream. */
  end(): void;
}

interface Pending {
  resolve(value: JsonValue): void;
  reject(error: Error): void;
}

/** Creates a channel on two streams. Lines sent in one turn of the event loop are written together. */
export function createChannel(
  read: Readable,
  write: Writable,
  limit: number,
  handlers: ChannelHandlers,
  { parse }: Pick<Codec, 'parse'> = TRUSTED,
): Channel {
  const pending = new IdMap<Pending>();
  let last = 0;
  let queue = '';
  let closed: Error | undefined;

  const flush = (): void => {
    const text = queue;
    queue = '';
    if (text !== '' && !write.destroyed) write.write(text);
  };
  const send = (line: string): void => {
    if (queue === '') setImmediate(flush);
    queue += `${wellFormedJson(line)}\n`;
  };

  const answer = (id: number, method: string, params: JsonObject): void => {
    handlers.request(method, params, id).then(
      (reply) => send(`{"jsonrpc":"2.0","id":${id},"result":${reply.json}}`),
      (error) => send(`{"jsonrpc":"2.0","id":${id},"error":${stringify(toWire(error))}}`),
    );
  };

  const settle = (message: JsonObject): void => {
    const waiting = typeof message.id === 'number' ? pending.get(message.id) : undefined;
    // Drops a reply that is too late, or has no request.
    if (!waiting) return;
    pending.delete(message.id as number);
    const { error, result } = message;
    if (error !== undefined && error !== null) waiting.reject(fromWire(error));
    else if (result !== undefined) waiting.resolve(result);
    else waiting.reject(badReply('it holds neither a result nor an error'));
  };

  let broken = false;
  const breakOff = (reason: string): void => {
    if (broken) return;
    broken = true;
    handlers.broken(reason);
  };

  const take = (message: JsonObject): void => {
    const { method, id } = message;
    if (method === undefined && id !== undefined) return settle(message);
    if (typeof method !== 'string') throw new BrokenRule('it has no method');
    if (message.params !== undefined && !isJsonObject(message.params)) throw new BrokenRule('its parameters are not an object');
    const params = asObject(message.params);
    if (id === undefined) handlers.notify(method, params);
    else if (Number.isSafeInteger(id)) answer(id as number, method, params);
    else throw new BrokenRule('its id is not a whole number');
  };

  // A result with too many values fails only its call, like one with too many bytes.
  const refuse = (line: Buffer, { message }: VastError): void => {
    const id = Number(RESULT.exec(line.toString('latin1', 0, HEAD_BYTES))?.[1]);
    const waiting = pending.get(id);
    if (!waiting) return breakOff(`it sent a line over the limits: ${message}`);
    pending.delete(id);
    waiting.reject(new GatewayError('RESULT_TOO_LARGE', `The plugin process returned a result over the limits: ${message}.`));
  };

  // Catches every error of parsing and handlers, so that no message can end the process.
  const receive = (line: Buffer): void => {
    if (line.length === 0 || broken) return;
    let message: unknown;
    try {
      message = parse(line);
    } catch (error) {
      return error instanceof VastError ? refuse(line, error) : breakOff('it sent a line that is not JSON');
    }
    if (!isJsonObject(message)) return breakOff('it sent a line that is not a message');
    try {
      take(message);
    } catch (error) {
      breakOff(`its message${typeof message.method === 'string' ? ` "${showName(message.method)}"` : ''} is invalid: ${describe(error)}`);
    }
  };

  const split = createLineSplitter(limit, {
    line: receive,
    tooLong: () => breakOff(`it sent a line over ${limit} bytes`),
  });
  read.on('data', (chunk: Buffer) => {
    handlers.onData?.();
    split(chunk);
  });

  return {
    request(method, params, onId) {
      if (closed) return Promise.reject(closed);
      const id = ++last;
      onId?.(id);
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
      });
    },
    notify(method, params) {
      if (!closed) send(`{"jsonrpc":"2.0","method":"${method}","params":${params}}`);
    },
    waiting: () => write.writableLength + queue.length,
    close(reason) {
      closed ??= reason;
      for (const [, { reject }] of pending.entries()) reject(closed);
      pending.clear();
    },
    end() {
      flush();
      write.end();
    },
  };
}

function toWire(error: unknown): JsonObject {
  const message = thrownText(error);
  if (!(error instanceof GatewayError)) return { code: -32000, message, data: { code: 'PLUGIN_FAILED' } };
  return { code: -32000, message, data: { ...error.toObject(), message, fix: shorten(error.fix, MAX_TEXT_LENGTH) } };
}

function fromWire(error: JsonValue): GatewayError {
  if (!isJsonObject(error)) return badReply('its error is not an object');
  const { message } = error;
  if (typeof message !== 'string') return badReply('its error has no message');
  const data = asObject(error.data);
  const { code } = data;
  const text = (key: string): string | undefined => {
    const value = data[key];
    return typeof value === 'string' ? shorten(value, MAX_TEXT_LENGTH) : undefined;
  };
  return new GatewayError(isErrorCode(code) ? code : 'PLUGIN_FAILED', shorten(message, MAX_TEXT_LENGTH), {
    fix: text('fix'),
    field: text('field'),
  });
}

function isErrorCode(code: JsonValue | undefined): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

function badReply(why: string): GatewayError {
  return new GatewayError('PLUGIN_PROTOCOL_ERROR', `The plugin process sent an invalid reply: ${why}.`);
}

const DESCRIPTION = 300;

function describe(error: unknown): string {
  return shorten(thrownText(error), DESCRIPTION);
}
