import { WebSocket } from 'ws';
import { Session } from './session.mjs';

/** A WebSocket. */
export class WebSocketSession extends Session {
  #socket;
  #open;

  constructor(target, { port }) {
    super(target);
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${target.path ?? '/ws'}`, ['mcp']);
    this.#open = new Promise((resolve, reject) => {
      this.#socket.once('open', resolve);
      this.#socket.once('error', reject);
    });
    this.#socket.on('message', (data) => this.receive(data.toString()));
  }

  async post(text, id) {
    try {
      if (this.#socket.readyState !== WebSocket.OPEN) await this.#open;
      this.#socket.send(text);
    } catch (error) {
      if (id === undefined) throw error;
      this.fail(id, error);
    }
  }

  close() {
    this.#socket.terminate();
  }
}
