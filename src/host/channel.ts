import type { Readable, Writable } from 'node:stream';
import { ERROR_CODES, type ErrorCode } from '../core/error-codes.ts';
import { GatewayError } from '../core/errors.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { parseText } from '../core/json-text.ts';
import { createLineSplitter } from '../core/lines.ts';
import { wellFormedJson } from '../core/well-formed.ts';

// Taken before any plugin runs: what one does to the JSON of its process must not reach the channel.
const { stringify } = JSON;

/** What one end of a channel does with what arrives. */
export interface ChannelHandlers {
  /** Answers a request; a rejection becomes an error reply. `reply` may be an already serialised JSON text. */
  request(method: string, params: JsonObject, id: number): Promise<Serialised>;
  notify(method: string, params: JsonObject): void;
  /** The other side broke the rules of the channel; it cannot be trusted any more. */
  broken(reason: string): void;
  /** Something arrived; called for every chunk. */
  heard?(): void;
}

/** A JSON text, ready to be sent. */
export interface Serialised {
  readonly json: string;
}

/** One end of a newline-delimited JSON-RPC 2.0 connection between the gateway and a plugin process. */
export interface Channel {
  /** Sends a request; `id` is known before the first byte leaves. */
  request(method: string, params: string, onId?: (id: number) => void): Promise<JsonValue>;
  notify(method: string, params: string): void;
  /** Bytes written and not yet taken by the other side. */
  waiting(): number;
  /** Rejects everything that waits for an answer and takes no more requests. */
  close(reason: Error): void;
  /** Writes what is queued, then ends the outgoing stream. */
  end(): void;
}

interface Pending {
  resolve(value: JsonValue): void;
  reject(error: Error): void;
}

/** Joins two streams into a channel. Lines written within one turn of the event loop leave in one write. */
export function createChannel(read: Readable, write: Writable, limit: number, handlers: ChannelHandlers): Channel {
  const pending = new Map<number, Pending>();
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
    // An answer nobody waits for came too late or was made up: dropped.
    if (!waiting) return;
    pending.delete(message.id as number);
    if (isJsonObject(message.error)) waiting.reject(fromWire(message.error));
    else waiting.resolve(message.result ?? null);
  };

  const receive = (line: Buffer): void => {
    if (line.length === 0) return;
    let message: unknown;
    try {
      message = parseText(line.toString());
    } catch {
      return handlers.broken('it sent a line that is no JSON');
    }
    if (!isJsonObject(message)) return handlers.broken('it sent a line that is no message');
    if (typeof message.method !== 'string') return settle(message);
    const params = asObject(message.params);
    if (typeof message.id === 'number') answer(message.id, message.method, params);
    else handlers.notify(message.method, params);
  };

  const split = createLineSplitter(limit, {
    line: receive,
    tooLong: () => handlers.broken(`it sent a line over ${limit} bytes`),
  });
  read.on('data', (chunk: Buffer) => {
    handlers.heard?.();
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
      for (const { reject } of pending.values()) reject(closed);
      pending.clear();
    },
    end() {
      flush();
      write.end();
    },
  };
}

function toWire(error: unknown): JsonObject {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const data: JsonObject = error instanceof GatewayError ? error.toObject() : { code: 'PLUGIN_FAILED' };
  return { code: -32000, message, data };
}

function fromWire(error: JsonObject): GatewayError {
  const data = asObject(error.data);
  const code = typeof data.code === 'string' && data.code in ERROR_CODES ? (data.code as ErrorCode) : 'PLUGIN_FAILED';
  const text = (key: string): string | undefined => (typeof data[key] === 'string' ? data[key] : undefined);
  return new GatewayError(code, String(error.message), { fix: text('fix'), field: text('field') });
}
