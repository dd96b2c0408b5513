import { connect } from 'node:net';

/** A connection that sends one HTTP request at a time and reuses its socket. */
export class HttpLine {
  #socket;
  #buffer = Buffer.alloc(0);
  #waiting;

  constructor(host, port) {
    this.#socket = connect(port, host);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#read();
    });
    const fail = () => this.#waiting?.reject(new Error('the connection was closed'));
    this.#socket.on('error', fail);
    this.#socket.on('close', fail);
  }

  send(text) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(text);
    });
  }

  // One complete response, by its length or its chunks.
  #read() {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#buffer.latin1Slice(0, end);
    const length = /content-length: (\d+)/i.exec(head);
    let body;
    let next;
    if (length) {
      next = end + 4 + Number(length[1]);
      if (this.#buffer.length < next) return;
      body = this.#buffer.subarray(end + 4, next);
    } else {
      const parts = [];
      let at = end + 4;
      for (;;) {
        const line = this.#buffer.indexOf('\r\n', at);
        if (line < 0) return;
        const size = Number.parseInt(this.#buffer.latin1Slice(at, line), 16);
        at = line + 2 + size + 2;
        if (this.#buffer.length < at) return;
        if (size === 0) break;
        parts.push(this.#buffer.subarray(line + 2, line + 2 + size));
      }
      body = Buffer.concat(parts);
      next = at;
    }
    this.#buffer = this.#buffer.subarray(next);
    this.#waiting.resolve({ status: Number(head.slice(9, 12)), head, body });
  }

  close() {
    this.#socket.destroy();
  }
}
