export const REVISION = '2025-06-18';
export const MODERN = '2026-07-28';
const INFO = { name: 'bench', version: '1' };
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': INFO,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One client. Ids count from 1 in every session, as in real clients, so a server that mixes up sessions returns wrong replies. */
export class Session {
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
