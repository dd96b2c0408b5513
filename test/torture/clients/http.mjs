import { Agent, request } from 'node:http';
import { Client, LEGACY, MODERN } from './client.mjs';
import { eventReader } from './events.mjs';

const NAMED = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

/** Streamable HTTP, both eras: one HTTP request per message. */
export class HttpClient extends Client {
  #url;
  #token;
  #agent;
  #open = new Map();
  #standing;
  /** Streams that were dropped before their reply: id of the request and the event to resume from. */
  dropped = [];
  session;
  /** When the session was last used. */
  used = 0;

  constructor({ url, token, ...rest }) {
    super(rest);
    this.#url = new URL(url);
    this.#token = token;
    this.abilities = new Set(this.modern ? ['http'] : ['http', 'session']);
  }

  get connected() {
    return this.#agent !== undefined;
  }

  async connect() {
    this.session = undefined;
    this.#agent = new Agent({ keepAlive: true });
  }

  transmit(message) {
    const { id } = message;
    const stream = { last: undefined };
    const pending = this.#send('POST', this.#headersFor(message), JSON.stringify(message), {
      message: (text) => this.receive(text, message.method === undefined ? undefined : id),
      event: (event) => {
        stream.last = event;
      },
      end: (how) => this.#ended(id, how, stream, pending),
      status: (code, headers) => this.#answered(message, code, headers),
    });
    if (id !== undefined && message.method !== undefined) this.#open.set(id, { pending, stream });
  }

  #answered({ method }, code, headers) {
    if (method === 'initialize') this.session = headers['mcp-session-id'];
    if (code === 404 && this.session !== undefined) this.sessionLost();
  }

  /** The session is unknown to the gateway. */
  sessionLost() {
    this.oracle.step(this.name, `session lost after ${Math.round(performance.now() - this.used)} ms`);
  }

  // A response that ends without its reply, although it was not cancelled, is a lost reply.
  #ended(id, how, stream, pending) {
    if (id === undefined || this.#open.get(id)?.pending !== pending) return;
    this.#open.delete(id);
    if (!this.owed.has(id)) return;
    if (how === 'complete') this.oracle.fail('O1', `${this.name}: the response to ${JSON.stringify(id)} ended without its reply`);
    else if (how === 'cut' && stream.last === undefined) this.#lost(id, pending);
    this.owed.forget(id);
  }

  #lost(id, pending) {
    this.oracle.count('connections lost');
    this.oracle.step(this.name, `the connection of ${JSON.stringify(id)} was cut${pending.reusedSocket ? ', a reused one' : ''}`);
  }

  /** In the modern era, closing the connection cancels a request. */
  cancel(id) {
    if (!this.modern) return super.cancel(id);
    this.owed.cancel(id);
    this.abandon(id);
  }

  /** Drops the connection of one request. In the legacy era it can be resumed if its stream had begun. */
  abandon(id) {
    const open = this.#open.get(id);
    if (!open) return undefined;
    this.#open.delete(id);
    open.pending.destroy();
    if (this.modern || open.stream.last === undefined) this.owed.forget(id);
    else this.dropped.push({ id, last: open.stream.last });
    return open.stream.last;
  }

  /** Resumes a dropped stream: everything after the last event, each once, and the reply. */
  resume({ id, last }) {
    return new Promise((resolve) => {
      let seen = last;
      this.#send('GET', { 'last-event-id': last, accept: 'text/event-stream' }, undefined, {
        message: (text) => this.receive(text, JSON.parse(text).method === undefined ? id : undefined),
        event: (event) => {
          if (numberOf(event) <= numberOf(seen)) this.oracle.fail('O1', `${this.name}: event ${event} came again after ${seen}`);
          seen = event;
        },
        end: () => {
          if (this.owed.has(id) && this.connected && !this.oracle.end.signal.aborted)
            this.oracle.fail('O1', `${this.name}: the stream of ${JSON.stringify(id)}, resumed after ${last}, ended without its reply`);
          resolve();
        },
        status: (code) => {
          if (code === 404) this.owed.forget(id);
        },
      });
    });
  }

  /** Opens or resumes the standalone stream of a session. */
  stand() {
    let first = true;
    const headers = this.#standing?.last === undefined ? {} : { 'last-event-id': this.#standing.last };
    const standing = { last: this.#standing?.last, request: undefined };
    standing.request = this.#send('GET', { ...headers, accept: 'text/event-stream' }, undefined, {
      message: (text) => this.receive(text),
      event: (event) => {
        if (!first && numberOf(event) <= numberOf(standing.last))
          this.oracle.fail('O1', `${this.name}: notice ${event} came again after ${standing.last}`);
        first = false;
        standing.last = event;
      },
      end: () => undefined,
      status: () => undefined,
    });
    this.#standing = standing;
  }

  unstand() {
    this.#standing?.request.destroy();
  }

  /** Ends the session with DELETE. */
  async end() {
    if (this.session === undefined) return;
    await new Promise((resolve) =>
      this.#send('DELETE', {}, undefined, { message: () => undefined, event: () => undefined, end: resolve, status: () => undefined }),
    );
  }

  drop() {
    for (const { pending } of this.#open.values()) pending.destroy();
    this.#open.clear();
    this.dropped = [];
    this.unstand();
    this.#standing = undefined;
    this.#agent?.destroy();
    this.#agent = undefined;
    this.owed.gone();
  }

  async close() {
    await this.end();
    this.drop();
  }

  #headersFor({ method, params }) {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    if (!this.modern) return headers;
    headers['mcp-protocol-version'] = MODERN;
    if (method !== undefined) headers['mcp-method'] = method;
    const name = params?.[NAMED[method]];
    if (name !== undefined) headers['mcp-name'] = /^[\x20-\x7e]*$/.test(name) ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
    return headers;
  }

  #send(method, headers, body, on) {
    const { hostname, port, pathname } = this.#url;
    const session = this.session === undefined ? {} : { 'mcp-session-id': this.session, 'mcp-protocol-version': LEGACY };
    this.used = performance.now();
    const sent = request({
      agent: this.#agent,
      hostname,
      port,
      path: pathname,
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...session,
        ...headers,
        ...(body ? { 'content-length': Buffer.byteLength(body) } : {}),
      },
    });
    sent.on('response', (response) => {
      on.status(response.statusCode, response.headers);
      const stream = /event-stream/.test(response.headers['content-type'] ?? '');
      let text = '';
      const read = eventReader(on);
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        if (stream) read(chunk);
        else text += chunk;
      });
      response.on('end', () => {
        if (!stream && text !== '') on.message(text);
      });
      response.on('error', () => undefined);
      // After the handlers of the last message have run.
      response.on('close', () =>
        setImmediate(() => on.end(response.complete ? (response.statusCode < 300 ? 'complete' : 'refused') : 'cut')),
      );
    });
    sent.on('error', (error) => {
      if (this.connected && !sent.destroyed) this.oracle.step(this.name, `${method} failed: ${error.message}`);
      on.end('cut');
    });
    sent.end(body);
    return sent;
  }
}

const numberOf = (event) => Number(event?.split('-')[1] ?? -1);
