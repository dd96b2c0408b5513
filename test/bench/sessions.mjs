// Clients of the bench: JSON-RPC by hand, so that the load costs less than what is measured. Ids count from 1 in every
// session, as real clients' do: a server that mixes sessions up shows as wrong answers.
import { connect } from 'node:net';

const REVISION = '2025-06-18';
const MODERN = '2026-07-28';
const INFO = { name: 'bench', version: '1' };
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': INFO,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A connection that takes one HTTP request at a time and reuses its socket. */
class HttpLine {
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

  // One whole response: by its length, or by its chunks.
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

class Session {
  pending = new Map();
  last = 0;

  constructor({ modern, tool }) {
    this.modern = modern;
    this.tool = tool;
  }

  request(method, params = {}) {
    const id = ++this.last;
    const full = this.modern ? { ...params, _meta: ENVELOPE } : params;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.post(JSON.stringify({ jsonrpc: '2.0', id, method, params: full }), id, method, full);
    });
  }

  receive(text) {
    const message = JSON.parse(text);
    const waiting = this.pending.get(message.id);
    if (!waiting) return;
    this.pending.delete(message.id);
    if (message.error) waiting.reject(new Error(`${message.error.code} ${message.error.message}`));
    else waiting.resolve(message.result);
  }

  fail(id, error) {
    this.pending.get(id)?.reject(error);
    this.pending.delete(id);
  }

  async handshake() {
    if (this.modern) return this.request('server/discover');
    await this.request('initialize', { protocolVersion: REVISION, capabilities: {}, clientInfo: INFO });
    return this.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  }

  async list() {
    return (await this.request('tools/list')).tools;
  }

  async echo(message) {
    const { content } = await this.request('tools/call', { name: this.tool, arguments: { message } });
    if (content?.[0]?.text !== message) throw new Error('wrong answer');
  }
}

class HttpSession extends Session {
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

class StdioSession extends Session {
  #input;

  constructor(target, { child }) {
    super(target);
    this.#input = child.stdin;
    let rest = [];
    child.stdout.on('data', (chunk) => {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        rest.push(chunk.subarray(from, at));
        this.receive(rest.length === 1 ? rest[0].toString() : Buffer.concat(rest).toString());
        rest = [];
        from = at + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
    });
  }

  post(text) {
    this.#input.write(`${text}\n`);
  }

  close() {}
}

const KINDS = { http: HttpSession, stdio: StdioSession };

/** Opens a session with a running server. */
export async function openSession(target, running) {
  const session = new KINDS[target.transport](target, running);
  await session.handshake();
  return session;
}
