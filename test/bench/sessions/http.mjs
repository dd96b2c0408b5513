import { HttpLine } from './http-line.mjs';
import { MODERN, REVISION, Session } from './session.mjs';

/** Streamable HTTP, one connection per lane. */
export class HttpSession extends Session {
  #free = [];
  #lines = [];
  #target;
  #headers = '';

  constructor(target, { port }) {
    super(target);
    this.#target = { host: '127.0.0.1', port };
    if (this.modern) this.#headers = `MCP-Protocol-Version: ${MODERN}\r\n`;
  }

  #line() {
    const line = this.#free.pop() ?? new HttpLine(this.#target.host, this.#target.port);
    if (!this.#lines.includes(line)) this.#lines.push(line);
    return line;
  }

  async post(text, id, method, params) {
    const named = this.modern && method ? `Mcp-Method: ${method}\r\n${params.name ? `Mcp-Name: ${params.name}\r\n` : ''}` : '';
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${this.#target.port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${this.#headers}${named}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
    const line = this.#line();
    try {
      const { status, head: answer, body } = await line.send(head + text);
      this.#free.push(line);
      if (status >= 300) throw new Error(`HTTP ${status}`);
      const session = /mcp-session-id: ([^\r]+)/i.exec(answer);
      if (session && method === 'initialize') this.#headers = `Mcp-Session-Id: ${session[1]}\r\nMCP-Protocol-Version: ${REVISION}\r\n`;
      if (body.length === 0) return;
      if (!/content-type: text\/event-stream/i.test(answer)) this.receive(body.toString());
      else for (const [, data] of body.toString().matchAll(/^data: ?(.+)$/gm)) this.receive(data);
    } catch (error) {
      this.#lines = this.#lines.filter((l) => l !== line);
      line.close();
      if (id === undefined) throw error;
      this.fail(id, error);
    }
  }

  close() {
    for (const line of this.#lines) line.close();
  }
}
