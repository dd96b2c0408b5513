import type { ClientRequestArgs, IncomingMessage } from 'node:http';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { type RawData, WebSocket } from 'ws';
import type { GatewayError } from '../../../src/core/errors.ts';
import { toJsonText } from '../../../src/core/json/exact-number.ts';
import { escapeForTerminal, shorten } from '../../../src/core/text/text.ts';
import { wellFormedJson } from '../../../src/core/text/well-formed.ts';
import type { HttpProxy } from '../../../src/host/network/proxy.ts';
import { openSocket } from '../../../src/host/network/tunnel.ts';
import type { RemoteServer } from '../entry.ts';
import { parseMessage } from '../lists/nulls.ts';
import type { Guard } from './guard.ts';
import { unreadable } from './messages.ts';

const ENDS = 256;
const MAX_REASON_LENGTH = 100;

/** Options of a socket transport. */
export interface SocketOptions {
  /** Maximum message size in bytes. */
  readonly messageBytes: number;
  /** Connect timeout in milliseconds. */
  readonly timeoutMs: number;
  readonly proxy: HttpProxy | undefined;
}

/** Events of a socket transport besides messages. */
export interface SocketEvents {
  /** A message is invalid. `head` and `tail` are its ends. */
  lost(error: GatewayError, head: string, tail: string): void;
  /** The connection is closed. */
  gone(why: string): void;
}

/** Transport over WebSocket: one JSON message a text frame, subprotocol `mcp`. */
export class SocketTransport implements Transport {
  readonly keepsNumbers = true;
  readonly #server: RemoteServer;
  readonly #options: SocketOptions;
  readonly #events: SocketEvents;
  readonly #guard: Guard;
  #socket: WebSocket | undefined;
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];

  constructor(server: RemoteServer, options: SocketOptions, events: SocketEvents, guard: Guard) {
    this.#server = server;
    this.#options = options;
    this.#events = events;
    this.#guard = guard;
  }

  start(): Promise<void> {
    const { url, headers } = this.#server;
    const { messageBytes, timeoutMs, proxy } = this.#options;
    const socket = new WebSocket(url, 'mcp', {
      headers,
      maxPayload: messageBytes,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      ...(proxy ? { createConnection: connectBy(proxy, url, timeoutMs) } : {}),
    });
    this.#socket = socket;
    const { callback } = this.#guard;
    socket.on(
      'message',
      callback((data: RawData, binary: boolean) => this.#receive(binary ? '' : String(data))),
    );
    socket.on(
      'close',
      callback((code: number, reason: Buffer) => {
        const why = shorten(escapeForTerminal(reason.toString()), MAX_REASON_LENGTH);
        this.#events.gone(`the connection was closed (${code}${why === '' ? '' : `, ${why}`})`);
        this.onclose?.();
      }),
    );
    return new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once(
        'unexpected-response',
        callback((_: unknown, response: IncomingMessage) => {
          reject(Object.assign(new Error(`it responded with HTTP ${response.statusCode}`), { status: response.statusCode }));
          socket.terminate();
        }),
      );
      socket.on(
        'error',
        callback((error: Error) => {
          reject(error);
          this.onerror?.(error);
        }),
      );
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket?.send(wellFormedJson(toJsonText(message)));
  }

  async close(): Promise<void> {
    this.#socket?.close();
    // Don't wait for a peer that does not answer the closing frame.
    setTimeout(() => this.#socket?.terminate(), 1_000).unref();
  }

  #receive(text: string): void {
    let message: unknown;
    try {
      message = parseMessage(text);
    } catch (error) {
      return this.#events.lost(unreadable(error), text.slice(0, ENDS), text.slice(-ENDS));
    }
    this.onmessage?.(message as JSONRPCMessage);
  }
}

function connectBy(proxy: HttpProxy, url: URL, timeoutMs: number): ClientRequestArgs['createConnection'] {
  return (_, done) => {
    openSocket(proxy, url, timeoutMs).then(
      (socket) => done(null, socket),
      (error) => done(error, undefined as never),
    );
    return undefined;
  };
}
