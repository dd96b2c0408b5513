import { connect } from 'node:net';
import { HttpLine } from './http-line.mjs';
import { Session } from './session.mjs';

/** HTTP+SSE: requests go to the address in the first event, replies arrive on the stream. */
export class SseSession extends Session {
  #port;
  #stream;
  #endpoint;
  #free = [];
  #lines = [];

  constructor(target, { port }) {
    super(target);
    this.#port = port;
    this.#stream = connect(port, '127.0.0.1');
    this.#stream.write(`GET /sse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`);
    this.#endpoint = new Promise((resolve, reject) => {
      this.#stream.on('error', reject);
      this.#stream.on('close', () => reject(new Error('the stream was closed')));
      this.#read(resolve);
    });
  }

  // Events are separated by blank lines; lines of the chunk framing are ignored.
  #read(found) {
    let rest = '';
    let event = '';
    this.#stream.setEncoding('utf8');
    this.#stream.on('data', (text) => {
      rest += text;
      let from = 0;
      for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n', from)) {
        const line = rest.slice(from, at).trimEnd();
        from = at + 1;
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) {
          if (event === 'endpoint') found(line.slice(5).trim());
          else this.receive(line.slice(5));
          event = '';
        }
      }
      rest = rest.slice(from);
    });
  }

  async post(text, id) {
    try {
      const path = new URL(await this.#endpoint, `http://127.0.0.1:${this.#port}`);
      const line = this.#free.pop() ?? new HttpLine('127.0.0.1', this.#port);
      if (!this.#lines.includes(line)) this.#lines.push(line);
      const head = `POST ${path.pathname}${path.search} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
      const { status } = await line.send(head + text);
      this.#free.push(line);
      if (status >= 300) throw new Error(`HTTP ${status}`);
    } catch (error) {
      if (id === undefined) throw error;
      this.fail(id, error);
    }
  }

  close() {
    this.#stream.destroy();
    for (const line of this.#lines) line.close();
  }
}
