import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { IdMap } from '../../../src/core/id-map.ts';
import { ExactNumber, fromMark, isMarked, mark } from '../../../src/core/json/exact-number.ts';
import { holdsExact, mapExact, toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import type { Dropped } from '../dropped.ts';
import { notSent } from './failures.ts';
import type { Guard } from './guard.ts';
import {
  cancelledFault,
  FIRST_ID,
  INTERNAL,
  isRequestId,
  isTooLargeForSdk,
  progressFault,
  type RequestId,
  toFailure,
  toSdkMessage,
} from './messages.ts';

/** Messages that the server sends on its own. */
export interface SharedTransportEvents {
  /** A server request to the client. `request`: id of the request on whose stream it arrived, if known. */
  question(method: string, params: JsonObject, request: number | undefined): Promise<JsonObject>;
  /** Handles a notification. Returns why it is invalid, or undefined. */
  notification(method: string, params: JsonObject, request: number | undefined): string | undefined;
}

/** A transport that may support synchronous writes. */
export interface Writing extends Transport {
  write?(message: JSONRPCMessage): void;
  /** Preserves exact numbers; the SDK's transports write doubles. */
  readonly keepsNumbers?: boolean;
}

/** A request in flight. */
export interface Pending {
  progress(params: JsonObject): void;
  resolve(result: JsonObject): void;
  reject(error: Error): void;
}

/** Arguments of `SharedTransport`. */
export interface SharedTransportParts {
  readonly events: SharedTransportEvents;
  readonly guard: Guard;
  readonly dropped: Dropped;
}

const QUESTIONS = new Set(['elicitation/create', 'sampling/createMessage', 'roots/list']);
const INVALID_PARAMS = -32602;

/**
 * A transport shared by the SDK's client and the gateway. The SDK runs the handshake, sessions and listen streams; the
 * gateway sends calls and lists. Every incoming message is validated here before use.
 */
export class SharedTransport implements Transport {
  readonly #inner: Writing;
  readonly #events: SharedTransportEvents;
  readonly #guard: Guard;
  readonly #dropped: Dropped;
  readonly #pending = new IdMap<Pending>();
  #last = FIRST_ID;
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  readonly setProtocolVersion = (version: string): void => this.#inner.setProtocolVersion?.(version);

  constructor(inner: Writing, { events, guard, dropped }: SharedTransportParts) {
    this.#inner = inner;
    this.#events = events;
    this.#guard = guard;
    this.#dropped = dropped;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream ?? false;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  async start(): Promise<void> {
    this.#inner.onmessage = this.#guard.callback((message) => {
      const left = this.take(message, undefined);
      if (left) this.onmessage?.(left);
    });
    this.#inner.onerror = this.#guard.callback((error) => this.onerror?.(error));
    this.#inner.onclose = this.#guard.callback(() => this.onclose?.());
    await this.#inner.start();
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    return this.#write(withOwnId(message), options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Id of the next request; also its progress token. */
  nextId(): number {
    return ++this.#last;
  }

  /** Sends a request of the gateway. */
  request(id: number, method: string, params: JsonObject, pending: Pending, options?: TransportSendOptions): void {
    this.#pending.set(id, pending);
    const message: JSONRPCMessage = { jsonrpc: '2.0', id, method, params };
    try {
      if (this.#inner.write) this.#inner.write(message);
      else this.#guard.background(this.#write(message, options).catch((error: Error) => this.fail(id, error)));
    } catch (error) {
      this.fail(id, notSent(error));
    }
  }

  notify(method: string, params: JsonObject): void {
    this.#guard.background(this.#write({ jsonrpc: '2.0', method, params }));
  }

  /** Whether a request is still in flight. */
  waits(id: number): boolean {
    return this.#pending.has(id);
  }

  /** Fails a request. A late response is dropped. */
  fail(id: number, error: Error): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }

  /** Fails every request in flight. */
  failAll(error: () => Error): void {
    for (const [id] of this.#pending.entries()) this.fail(id, error());
  }

  /** Handles a parsed message. `request`: id of the request on whose stream it arrived, if known. Returns the rest, for the SDK. */
  take(message: unknown, request: number | undefined): JSONRPCMessage | undefined {
    const left = this.#take(message, request);
    return left && toSdk(left);
  }

  #take(message: unknown, request: number | undefined): JSONRPCMessage | undefined {
    if (!isJsonObject(message)) return this.#drop('a message that is not an object');
    const { id, method } = message;
    if (method === undefined || method === null) return this.#settle(message);
    if (typeof method !== 'string') return this.#drop('a message whose method is not a text');
    const params = message.params ?? {};
    if (id === undefined) return this.#receiveNotification(method, params, request);
    if (!isRequestId(id)) return this.#drop('a request whose id is neither a text nor a whole number');
    if (!isJsonObject(params)) return this.#refuse(id, INVALID_PARAMS, 'The "params" are not an object.');
    if (!QUESTIONS.has(method) && isTooLargeForSdk(message)) return this.#refuse(id, INVALID_PARAMS, 'The "params" hold too many values.');
    // The SDK answers pings and unknown methods.
    if (!QUESTIONS.has(method)) return { jsonrpc: '2.0', id: id as string, method, params };
    this.#answer(id, this.#events.question(method, params, request));
    return undefined;
  }

  #settle(message: JsonObject): JSONRPCMessage | undefined {
    const { result } = message;
    // Some languages have only floating-point numbers and return 1000001 as 1000001.0.
    const id = toDouble(message.id);
    if (typeof id !== 'number' || id <= FIRST_ID) return toSdkMessage(message) ?? this.#drop('an answer without a usable id');
    const pending = this.#pending.get(id);
    // A response without a pending request is late or invented.
    if (!pending) return undefined;
    this.#pending.delete(id);
    if (isJsonObject(result)) pending.resolve(result);
    else pending.reject(toFailure(message));
    return undefined;
  }

  #receiveNotification(method: string, params: unknown, request: number | undefined): JSONRPCMessage | undefined {
    if (!isJsonObject(params)) return this.#drop(`${method} with "params" that are not an object`);
    switch (method) {
      case 'notifications/progress': {
        const fault = progressFault(params);
        if (fault !== undefined) return this.#drop(fault);
        this.#pending.get(toDouble(params.progressToken) as number)?.progress(params);
        return undefined;
      }
      case 'notifications/cancelled': {
        const fault = cancelledFault(params);
        return fault === undefined ? this.#toSdk(method, params) : this.#drop(fault);
      }
      case 'notifications/subscriptions/acknowledged':
        return this.#toSdk(method, params);
      default: {
        const fault = this.#events.notification(method, params, request);
        return fault === undefined ? undefined : this.#drop(fault);
      }
    }
  }

  #toSdk(method: string, params: JsonObject): JSONRPCMessage | undefined {
    return isTooLargeForSdk(params) ? this.#drop(`${method} with too many values`) : { jsonrpc: '2.0', method, params };
  }

  #write(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    return this.#inner.send(this.#inner.keepsNumbers ? message : withMarks(message), options);
  }

  #drop(why: string): undefined {
    this.#dropped.add(why);
  }

  #refuse(id: RequestId, code: number, message: string): undefined {
    this.#guard.background(this.#write({ jsonrpc: '2.0', id: id as string, error: { code, message } }));
  }

  #answer(id: RequestId, answer: Promise<JsonObject>): void {
    this.#guard.background(
      answer.then(
        (result) => this.#write({ jsonrpc: '2.0', id: id as string, result }),
        (error: Error) => {
          const code = error instanceof GatewayError && error.code === 'INVALID_PARAMS' ? INVALID_PARAMS : INTERNAL;
          return this.#write({ jsonrpc: '2.0', id: id as string, error: { code, message: error.message } });
        },
      ),
    );
  }
}

// Whether a message contains exact numbers. Parsed values start at its members or one level below.
function hasExact(message: JSONRPCMessage): boolean {
  const holds = (value: JsonValue): boolean => holdsExact(value) || (isJsonObject(value) && Object.values(value).some(holdsExact));
  return Object.values(message as unknown as JsonObject).some(holds);
}

function map(message: JSONRPCMessage, to: (number: ExactNumber) => JsonValue): JSONRPCMessage {
  return mapExact(message as unknown as JsonObject, to) as unknown as JSONRPCMessage;
}

// The SDK serializes its messages itself, so placeholder strings replace exact numbers until the bytes are written.
function withMarks(message: JSONRPCMessage): JSONRPCMessage {
  return hasExact(message) ? map(message, ({ text }) => mark(text)) : message;
}

// The SDK works with doubles. An id is only echoed, so it stays exact as a placeholder.
function toSdk(message: JSONRPCMessage): JSONRPCMessage {
  if (!hasExact(message)) return message;
  const { id } = message as { readonly id?: unknown };
  const own = id instanceof ExactNumber ? { id: mark(id.text) } : {};
  return { ...map(message, toDouble), ...own } as JSONRPCMessage;
}

function withOwnId(message: JSONRPCMessage): JSONRPCMessage {
  const { id } = message as { readonly id?: unknown };
  return typeof id === 'string' && isMarked(id) ? ({ ...message, id: fromMark(id) } as unknown as JSONRPCMessage) : message;
}
