import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Program } from '../../../dist/src/core/host.js';
import { fill } from './messages.ts';
import { good, type Phase } from './upstream-messages.ts';

export type Kind = 'stdio' | 'http' | 'sse' | 'ws';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
}

const PHASES: ReadonlyMap<string, Phase> = new Map([
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

/** A pretended server: well-behaved but for the lines it is told to send before its next answers. */
export class UpstreamPeer {
  readonly id: string;
  readonly modern: boolean;
  readonly #lines = new Map<Phase, string[]>();
  readonly #drops = new Set<() => void>();
  #sent = 0;
  #changed = false;
  #breaks = false;

  constructor(id: string, modern: boolean) {
    this.id = id;
    this.modern = modern;
  }

  load(phase: Phase, lines: readonly string[]): void {
    this.#lines.set(phase, [...lines]);
  }

  /** Lines that have not been sent. */
  waiting(phase: Phase): number {
    return this.#lines.get(phase)?.length ?? 0;
  }

  /** With its next answer to a call it says that its lists have changed. */
  announce(): void {
    this.#changed = true;
  }

  /** Whether no call has come since then. */
  get announces(): boolean {
    return this.#changed;
  }

  /** Ends its connections, so that they are made again. */
  breakOff(): void {
    this.#breaks = true;
    for (const drop of [...this.#drops]) drop();
  }

  /** Whether its next request is to find nobody, as a peer without connections breaks off. */
  breaks(): boolean {
    const breaks = this.#breaks;
    this.#breaks = false;
    return breaks;
  }

  connected(drop: () => void): () => void {
    this.#drops.add(drop);
    return () => this.#drops.delete(drop);
  }

  /** What it sends for a message: nothing for a notification or an answer. */
  hear({ id, method }: Message): string[] {
    if (id === undefined || method === undefined) return [];
    const phase = PHASES.get(method);
    const line = phase === undefined ? undefined : this.#lines.get(phase)?.shift();
    const result = good(method, this.modern);
    const last = JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'unknown' } }) });
    const first = line === undefined ? [] : [fill(line, { CALL: id, ID: 5000 + this.#sent++ })];
    if (this.#changed && method === 'tools/call') {
      this.#changed = false;
      first.push(LIST_CHANGED);
    }
    return [...first, last];
  }
}

/** The peer as a program whose stdin and stdout are a pair of pipes. */
export function asProgram(peer: UpstreamPeer): Program {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  let ended: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    ended = resolve;
  });
  const forget = peer.connected(() => end('it broke off'));
  const end = (why: string): void => {
    forget();
    stdin.destroy();
    stdout.destroy();
    ended(why);
  };
  let rest = '';
  stdin.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    for (const line of lines)
      for (const answer of peer.hear(JSON.parse(line) as Message)) if (!stdout.destroyed) stdout.write(`${answer}\n`);
  });
  return { pid: undefined, stdin, stdout, gone, lastLines: () => [], kill: end, stop: async () => end('it was stopped') };
}

/** The peer at an address, which is returned. */
export async function atAddress(peer: UpstreamPeer, kind: Exclude<Kind, 'stdio'>): Promise<string> {
  const server = createServer((request, response) => {
    void (kind === 'sse' ? serveSse(peer, request, response) : serveHttp(peer, request, response));
  });
  if (kind === 'ws') {
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'mcp' });
    sockets.on('connection', (socket) => {
      const forget = peer.connected(() => socket.terminate());
      socket.on('close', forget);
      socket.on('message', (data) => {
        for (const answer of peer.hear(JSON.parse(String(data)) as Message)) socket.send(answer);
      });
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    peer.breakOff();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return kind === 'ws' ? `ws://127.0.0.1:${port}/` : `http://127.0.0.1:${port}/${kind === 'sse' ? 'sse' : 'mcp'}`;
}

let requests = 0;
let session = 0;

async function serveHttp(peer: UpstreamPeer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
  const message = JSON.parse(await textOf(request)) as Message;
  if (peer.breaks()) return void request.socket.destroy();
  const answers = peer.hear(message);
  if (answers.length === 0) return void response.writeHead(202).end();
  const headers = message.method === 'initialize' ? { 'mcp-session-id': `s${++session}` } : {};
  const [first = ''] = answers;
  if (message.method?.startsWith('tools/call') !== true || ++requests % 3 === 0) {
    response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(first);
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
  response.end(answers.map((answer) => `data: ${answer}\n\n`).join(''));
}

async function serveSse(peer: UpstreamPeer, request: IncomingMessage, response: ServerResponse): Promise<void> {
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
  if (!stream) return void response.writeHead(404).end();
  const message = JSON.parse(await textOf(request)) as Message;
  response.writeHead(202).end();
  for (const answer of peer.hear(message)) stream.write(`data: ${answer}\n\n`);
}

const streams = new Map<string, ServerResponse>();

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
