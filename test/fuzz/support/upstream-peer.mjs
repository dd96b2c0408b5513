import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { fill } from './generate.mjs';
import { good } from './upstream-replies.mjs';

const PHASES = new Map([
  ['tools/call', 'call'],
  ['prompts/get', 'prompt'],
  ['resources/read', 'resource'],
  ['completion/complete', 'completion'],
  ['tools/list', 'list'],
  ['prompts/list', 'list'],
  ['resources/list', 'list'],
  ['resources/templates/list', 'list'],
  ['initialize', 'start'],
  ['server/discover', 'start'],
]);
const LIST_CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';

/** A correct server, except for the lines that it is loaded with: it sends them before its next replies. */
export class UpstreamPeer {
  id;
  modern;
  #lines = new Map();
  #drops = new Set();
  #sent = 0;
  #changed = false;
  #away = false;

  constructor(id, modern) {
    this.id = id;
    this.modern = modern;
  }

  load(phase, lines) {
    this.#lines.set(phase, [...lines]);
  }

  /** Lines that have not been sent yet. */
  waiting(phase) {
    return this.#lines.get(phase)?.length ?? 0;
  }

  /** Makes it report with its next reply to a call that its lists have changed. */
  announce() {
    this.#changed = true;
  }

  /** Ends its connections, so that the gateway reconnects; without connections, it forgets its session. */
  breakOff() {
    this.#away = true;
    for (const drop of [...this.#drops]) drop();
  }

  /** Whether a request belongs to a forgotten session. */
  forgets({ method }) {
    if (PHASES.get(method) === 'start') this.#away = false;
    return this.#away;
  }

  connected(drop) {
    this.#drops.add(drop);
    return () => this.#drops.delete(drop);
  }

  /** The output for a message: the loaded `lines`, then its reply; neither for a notification or a reply. */
  hear({ id, method, params }) {
    if (id === undefined || method === undefined) return { lines: [], reply: undefined };
    const result = good(method, this.modern);
    const reply = JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'unknown' } }) });
    if (method === 'tools/call') this.told(params.arguments ?? {});
    const lines = this.#take(PHASES.get(method)).map((line) => fill(line, { CALL: id, ID: 5000 + this.#sent++ }));
    if (this.#changed && method === 'tools/call') {
      this.#changed = false;
      lines.push(LIST_CHANGED);
    }
    return { lines, reply };
  }

  /** Handles the arguments of a call; in a separate process they contain the lines to load. */
  told() {}

  /** Called before lines of a phase are sent. */
  sending() {}

  // Lines that do not replace a reply are sent all at once.
  #take(phase) {
    const lines = this.#lines.get(phase)?.splice(0, 1) ?? [];
    if (phase === 'call') lines.push(...(this.#lines.get('during')?.splice(0) ?? []));
    if (lines.length > 0) this.sending(phase);
    return lines;
  }
}

/** Splits chunks of bytes into lines of text, and writes the output for each. */
export function serveLines(peer, write) {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) for (const text of textsFor(peer, line)) write(`${text}\n`);
  };
}

/** Serves the peer at an address: Streamable HTTP, HTTP+SSE or WebSocket. */
export async function serveAt(peer, kind) {
  const server = createServer((request, response) => {
    void (kind === 'sse' ? serveSse(peer, request, response) : serveHttp(peer, request, response));
  });
  if (kind === 'ws') {
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'mcp' });
    sockets.on('connection', (socket) => {
      const forget = peer.connected(() => socket.terminate());
      socket.on('close', forget);
      socket.on('message', (data) => {
        for (const text of textsFor(peer, String(data))) socket.send(text);
      });
    });
  }
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    url: kind === 'ws' ? `ws://127.0.0.1:${port}/` : `http://127.0.0.1:${port}/${kind === 'sse' ? 'sse' : 'mcp'}`,
    close() {
      peer.breakOff();
      server.closeAllConnections();
      server.close();
    },
  };
}

function textsFor(peer, text) {
  const { lines, reply } = peer.hear(JSON.parse(text));
  return reply === undefined ? lines : [...lines, reply];
}

let requests = 0;
let session = 0;

async function serveHttp(peer, request, response) {
  if (request.method === 'GET') return standHttp(peer, response);
  if (request.method !== 'POST') return response.writeHead(200).end();
  const message = JSON.parse(await textOf(request));
  if (peer.forgets(message)) return response.writeHead(404).end();
  const { lines, reply } = peer.hear(message);
  if (reply === undefined) return response.writeHead(202).end();
  const headers = message.method === 'initialize' ? { 'mcp-session-id': `s${++session}` } : {};
  // A JSON body has room for one message: the one that replaces the reply.
  if (lines.length < 2 && (message.method !== 'tools/call' || ++requests % 3 === 0))
    return response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(lines[0] ?? reply);
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
  response.end([...lines, reply].map((text) => `data: ${text}\n\n`).join(''));
}

// The stream of a session ends with it; the gateway opens it again and finds that the session is forgotten.
function standHttp(peer, response) {
  if (peer.modern) return response.writeHead(405).end();
  if (peer.forgets({})) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  const forget = peer.connected(() => response.destroy());
  response.on('close', forget);
}

const streams = new Map();

async function serveSse(peer, request, response) {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const name = `c${++session}`;
    streams.set(name, response);
    response.write(`event: endpoint\ndata: /messages?session=${name}\n\n`);
    const forget = peer.connected(() => response.destroy());
    response.on('close', () => {
      forget();
      streams.delete(name);
    });
    return;
  }
  const stream = streams.get(new URL(request.url ?? '', 'http://x').searchParams.get('session') ?? '');
  if (!stream) return response.writeHead(404).end();
  const text = await textOf(request);
  response.writeHead(202).end();
  const texts = textsFor(peer, text);
  if (texts.length > 0) stream.write(texts.map((data) => `data: ${data}\n\n`).join(''));
}

function textOf(request) {
  return new Promise((resolve) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
}
