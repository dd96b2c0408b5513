import { WebSocket } from 'ws';

/** A WebSocket transport for clients without one: one message per text frame, subprotocol `mcp`. */
export class WsTransport {
  readonly #url: string;
  #socket: WebSocket | undefined;
  onmessage: ((message: never) => void) | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  start(): Promise<void> {
    const socket = new WebSocket(this.#url, 'mcp');
    this.#socket = socket;
    socket.on('message', (data) => this.onmessage?.(JSON.parse(String(data)) as never));
    socket.on('close', () => this.onclose?.());
    socket.on('error', (error) => this.onerror?.(error));
    return new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
  }

  async send(message: unknown): Promise<void> {
    this.#socket?.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket?.close();
  }
}
