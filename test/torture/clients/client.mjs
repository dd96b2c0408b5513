import { Owed } from '../oracle/owed.mjs';

export const LEGACY = '2025-11-25';
export const MODERN = '2026-07-28';
const INFO = { name: 'torture', version: '1' };
const PREFIX = 'io.modelcontextprotocol/';
const CAPABILITIES = { elicitation: {} };
const ENVELOPE = { [`${PREFIX}protocolVersion`]: MODERN, [`${PREFIX}clientInfo`]: INFO, [`${PREFIX}clientCapabilities`]: CAPABILITIES };

/**
 * One handwritten client: its ids start at 0, as in all others, and it accounts for every reply. A transport provides
 * `connect`, `transmit(message)`, `drop` and `close`.
 */
export class Client {
  name;
  principal;
  modern;
  oracle;
  owed;
  /** Further capabilities of this client: `raw`, `connection`, `pause`, `http`, `session`. */
  abilities = new Set();
  #next = 0;

  constructor({ name, principal, modern = false, oracle }) {
    this.name = name;
    this.principal = principal;
    this.modern = modern;
    this.oracle = oracle;
    this.owed = new Owed(name, oracle);
  }

  get connected() {
    return false;
  }

  async open() {
    this.#next = 0;
    await this.connect();
    const handshake = { protocolVersion: LEGACY, capabilities: CAPABILITIES, clientInfo: INFO };
    const reply = await (this.modern ? this.request('server/discover') : this.request('initialize', handshake));
    if (!reply?.result) this.drop();
    else if (!this.modern) this.transmit({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return reply?.result;
  }

  /** Every other id is a string: `1` and `"1"` are different ids. */
  nextId() {
    const number = this.#next++;
    return number % 2 === 0 ? number / 2 : String((number - 1) / 2);
  }

  /** Sends a request under `id`; resolves with the reply, or undefined if its connection closed or it was cancelled. */
  request(method, params = {}, id = this.nextId()) {
    const reply = this.owed.owe(id, `${method} ${params.name ?? ''}`);
    this.transmit(this.#message(method, params, id));
    return reply;
  }

  /** Calls a tool under an id that is in use; no reply is expected. */
  again(params, id) {
    this.owed.repeat(id);
    this.transmit(this.#message('tools/call', params, id));
  }

  #message(method, params, id) {
    return { jsonrpc: '2.0', id, method, params: this.modern ? { ...params, _meta: { ...ENVELOPE, ...params._meta } } : params };
  }

  cancel(id) {
    if (!this.owed.has(id)) return;
    this.owed.cancel(id);
    this.transmit({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: 'enough' } });
  }

  /** Handles the text of one message. `expected`: the only id that may be answered here. */
  receive(text, expected) {
    this.oracle.inspect(this.name, text);
    const message = this.#parse(text);
    if (!message) return;
    if (message.method !== undefined) return this.#heard(message);
    if (message.id === null) return this.refused(message, expected);
    if (expected !== undefined && message.id !== expected)
      return this.oracle.fail('O1', `${this.name} asked under ${JSON.stringify(expected)} and was answered ${text.slice(0, 200)}`);
    this.owed.pay(message);
  }

  /** An error without an id: the reply to garbage, or to a request that the edge rejected. */
  refused({ error }, expected) {
    this.oracle.count('refusals');
    this.oracle.errorCode(this.name, error?.data, JSON.stringify(error));
    if (expected !== undefined && this.owed.has(expected)) this.owed.pay({ id: expected, error });
  }

  #parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      this.oracle.fail('O1', `${this.name} received invalid JSON: ${text.slice(0, 200)}`);
    }
  }

  #heard(message) {
    if (message.id === undefined) {
      this.oracle.count('notices');
      return;
    }
    // A question of a tool: answered with a value that only this client has.
    const [field] = Object.keys(message.params?.requestedSchema?.properties ?? {});
    this.oracle.count('questions');
    this.transmit({ jsonrpc: '2.0', id: message.id, result: { action: 'accept', content: { [field]: this.answerTo(field) } } });
  }

  answerTo(field) {
    return `§${this.name}.${field}§`;
  }
}
