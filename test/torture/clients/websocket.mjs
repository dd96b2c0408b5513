import { WebSocket } from 'ws';
import { Client } from './client.mjs';

/** WebSocket, both eras: one message per text frame. */
export class WebSocketClient extends Client {
  #url;
  #token;
  #socket;

  constructor({ url, token, ...rest }) {
    super(rest);
    this.#url = url;
    this.#token = token;
    this.abilities = new Set(['connection', 'raw', 'pause']);
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    const socket = new WebSocket(this.#url, 'mcp', { headers: { authorization: `Bearer ${this.#token}` } });
    this.#socket = socket;
    socket.on('message', (data) => this.#socket === socket && this.receive(String(data)));
    socket.on('error', () => undefined);
    return new Promise((resolve) => {
      socket.on('open', resolve);
      socket.on('close', () => {
        resolve();
        if (this.#socket === socket) this.owed.gone();
      });
    });
  }

  transmit(message) {
    this.raw(JSON.stringify(message));
    if (!this.connected) this.owed.gone();
  }

  /** Sends any bytes or text. */
  raw(data, options) {
    if (this.connected) this.#socket.send(data, options, () => undefined);
  }

  /** Stops reading, or resumes. */
  pause(paused) {
    if (paused) this.#socket?._socket?.pause();
    else this.#socket?._socket?.resume();
  }

  drop() {
    this.#socket?.terminate();
    this.#socket = undefined;
    this.owed.gone();
  }

  async close() {
    const socket = this.#socket;
    if (this.connected) {
      await new Promise((resolve) => {
        socket.on('close', resolve);
        socket.close();
      });
    }
    this.drop();
  }
}
