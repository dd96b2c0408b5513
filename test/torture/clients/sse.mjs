import { Agent, request } from 'node:http';
import { Client } from './client.mjs';
import { eventReader } from './events.mjs';

/** HTTP+SSE: replies arrive on the stream, messages are posted to the address in its first event. */
export class SseClient extends Client {
  #url;
  #token;
  #agent;
  #stream;
  #endpoint;

  constructor({ url, token, ...rest }) {
    super(rest);
    this.#url = new URL(url);
    this.#token = token;
  }

  get connected() {
    return this.#stream !== undefined;
  }

  /** The session id in the address to post to. */
  get session() {
    return this.#endpoint?.split('=')[1];
  }

  connect() {
    this.#agent = new Agent({ keepAlive: true });
    this.#endpoint = undefined;
    return new Promise((resolve) => {
      const stream = request({ ...this.#target('/sse'), headers: { authorization: `Bearer ${this.#token}`, accept: 'text/event-stream' } });
      this.#stream = stream;
      const closed = () => {
        resolve();
        if (this.#stream === stream) this.drop();
      };
      stream.on('response', (response) => {
        response.setEncoding('utf8');
        response.on('error', () => undefined);
        const read = eventReader({
          event: () => undefined,
          message: (data, kind) => {
            if (this.#stream !== stream) return;
            if (kind !== 'endpoint') return this.receive(data);
            const { pathname, search } = new URL(data, 'http://localhost/sse');
            this.#endpoint = pathname + search;
            resolve();
          },
        });
        response.on('data', read);
        response.on('close', closed);
      });
      stream.on('error', closed);
      stream.end();
    });
  }

  transmit(message) {
    if (this.#endpoint === undefined) return this.owed.forget(message.id);
    const body = JSON.stringify(message);
    const sent = request({
      ...this.#target(this.#endpoint),
      agent: this.#agent,
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    sent.on('response', (response) => {
      response.resume();
      // Rejected: no reply is pending for it.
      if (response.statusCode !== 202) this.#lost(message, `status ${response.statusCode}`);
    });
    sent.on('error', (error) => this.connected && this.#lost(message, error.message));
    sent.end(body);
  }

  #lost({ id }, why) {
    this.oracle.count('messages lost');
    this.oracle.step(this.name, `the message ${JSON.stringify(id)} was not taken: ${why}`);
    this.owed.forget(id);
  }

  #target(path) {
    return { hostname: this.#url.hostname, port: this.#url.port, path };
  }

  drop() {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.destroy();
    this.#agent?.destroy();
    this.owed.gone();
  }

  async close() {
    this.drop();
  }
}
