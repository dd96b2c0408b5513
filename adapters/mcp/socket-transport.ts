import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { parseText } from '../../src/core/json-text.ts';
import { wellFormedJson } from '../../src/core/well-formed.ts';
import type { RemoteServer } from './entry.ts';

/** Speaks to a server over a WebSocket: one message a text frame, subprotocol `mcp`. */
export class SocketTransport implements Transport {
  readonly #server: RemoteServer;
  readonly #messageBytes: number;
  readonly #timeoutMs: number;
  readonly #gone: (why: string) => void;
  #socket: WebSocket | undefined;
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];

  constructor(server: RemoteServer, messageBytes: number, timeoutMs: number, gone: (why: string) => void) {
    this.#server = server;
    this.#messageBytes = messageBytes;
    this.#timeoutMs = timeoutMs;
    this.#gone = gone;
  }

  start(): Promise<void> {
    const socket = new WebSocket(this.#server.url, 'mcp', {
      headers: this.#server.headers,
      maxPayload: this.#messageBytes,
      handshakeTimeout: this.#timeoutMs,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('message', (data, binary) => {
      if (!binary) this.#hear(String(data));
    });
    socket.on('close', (code, reason) => {
      this.#gone(`the connection was closed (${code}${reason.length > 0 ? `, ${reason.toString().slice(0, 100)}` : ''})`);
      this.onclose?.();
    });
    return new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_, response) => {
        reject(Object.assign(new Error(`it answered with HTTP ${response.statusCode}`), { status: response.statusCode }));
        socket.terminate();
      });
      socket.on('error', (error) => {
        this.onerror?.(error);
        reject(error);
      });
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket?.send(wellFormedJson(JSON.stringify(message)));
  }

  async close(): Promise<void> {
    this.#socket?.close();
    // A peer that does not answer the closing frame is not waited for.
    setTimeout(() => this.#socket?.terminate(), 1_000).unref();
  }

  #hear(text: string): void {
    try {
      const message: unknown = parseText(text);
      if (typeof message === 'object' && message !== null) this.onmessage?.(message as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error as Error);
    }
  }
}
