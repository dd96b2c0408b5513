import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { unmark } from './tagging-fetch.ts';

/** An error that the server answered with. */
export class RpcFailure extends Error {
  readonly number: number;
  readonly data: JsonValue | undefined;

  constructor({ code, message, data }: JsonObject) {
    super(typeof message === 'string' && message !== '' ? message : 'the server answered with an error without a message');
    this.number = typeof code === 'number' ? code : 0;
    this.data = data;
  }
}

/** What comes from the server without having been asked for. */
export interface LinkEvents {
  /** A question for somebody; `request` is the request on whose stream it came, where that is known. */
  question(method: string, params: JsonObject, request: number | undefined): Promise<JsonObject>;
  notification(method: string, params: JsonObject): void;
}

/** A transport that may be able to write without anybody waiting for it. */
export interface Writing extends Transport {
  write?(message: JSONRPCMessage): void;
}

/** A request under way. */
export interface Pending {
  progress(params: JsonObject): void;
  resolve(result: JsonObject): void;
  reject(error: Error): void;
}

// Far from the SDK's own numbers, so that each answer finds the one who asked.
const FIRST_ID = 1_000_000;
const QUESTIONS = new Set(['elicitation/create', 'sampling/createMessage', 'roots/list']);
const STREAM_NOTICES = new Set(['notifications/subscriptions/acknowledged', 'notifications/cancelled']);

/**
 * A connection that the SDK's client and we share: the handshake, sessions and listen streams are the client's, calls
 * and lists are ours and pass in both directions as they are, without a schema in between.
 */
export class Link implements Transport {
  readonly #inner: Writing;
  readonly #events: LinkEvents;
  readonly #pending = new Map<number, Pending>();
  #last = FIRST_ID;
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  readonly setProtocolVersion = (version: string): void => this.#inner.setProtocolVersion?.(version);

  constructor(inner: Writing, events: LinkEvents) {
    this.#inner = inner;
    this.#events = events;
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream ?? false;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message) => this.#receive(message);
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onclose = () => this.onclose?.();
    await this.#inner.start();
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    return this.#inner.send(message, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** The number of the next request; a progress token, too. */
  nextId(): number {
    return ++this.#last;
  }

  /** Sends a request of ours. */
  request(id: number, method: string, params: JsonObject, pending: Pending, options?: TransportSendOptions): void {
    this.#pending.set(id, pending);
    const message: JSONRPCMessage = { jsonrpc: '2.0', id, method, params };
    if (this.#inner.write) this.#inner.write(message);
    else this.#inner.send(message, options).catch((error: Error) => this.fail(id, error));
  }

  notify(method: string, params: JsonObject): void {
    this.#inner.send({ jsonrpc: '2.0', method, params }).catch((error: Error) => this.onerror?.(error));
  }

  /** Gives up a request; whatever still comes for it is dropped. */
  fail(id: number, error: Error): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }

  /** Gives up every request. */
  failAll(error: () => Error): void {
    for (const id of [...this.#pending.keys()]) this.fail(id, error());
  }

  #receive(message: JSONRPCMessage): void {
    const { id, method, params, result, error } = message as {
      id?: unknown;
      method?: unknown;
      params?: unknown;
      result?: unknown;
      error?: unknown;
    };
    if (typeof method === 'string') return this.#hear(message, method, id, isJsonObject(params) ? params : {});
    if (typeof id !== 'number' || id <= FIRST_ID) return this.onmessage?.(message);
    const pending = this.#pending.get(id);
    // An answer nobody waits for came too late or was made up.
    if (!pending) return;
    this.#pending.delete(id);
    if (isJsonObject(result)) pending.resolve(result);
    else
      pending.reject(new RpcFailure(isJsonObject(error) ? error : { message: 'the server answered with neither a result nor an error' }));
  }

  #hear(message: JSONRPCMessage, method: string, id: unknown, params: JsonObject): void {
    if (id === undefined) {
      if (method === 'notifications/progress') this.#pending.get(params.progressToken as number)?.progress(params);
      else if (STREAM_NOTICES.has(method)) this.onmessage?.(message);
      else this.#events.notification(method, params);
      return;
    }
    const marked = unmark(id) ?? { id: id as string | number, request: undefined };
    if (!QUESTIONS.has(method)) return this.onmessage?.({ ...message, id: marked.id } as JSONRPCMessage);
    this.#events.question(method, params, marked.request).then(
      (answer) => this.#answer({ jsonrpc: '2.0', id: marked.id, result: answer }),
      (error: Error) => this.#answer({ jsonrpc: '2.0', id: marked.id, error: { code: -32603, message: error.message } }),
    );
  }

  #answer(message: JSONRPCMessage): void {
    this.#inner.send(message).catch((error: Error) => this.onerror?.(error));
  }
}
