import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { Sender } from './channel-peer.ts';
import { mutated, type Template } from './messages.ts';

const ODD_EVERY = 20;
const LONGEST_HEADER = 4_000;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = Math.min(Math.abs(Math.trunc(value)) || 0, 2 ** 60);
  do {
    bytes.push(rest > 127 ? (rest % 128) | 128 : rest);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
};

/** Any JSON value as a protobuf message: keys that are numbers are field numbers, every other key is field 15. */
function encode(value: unknown): Buffer {
  if (typeof value !== 'object' || value === null) return Buffer.from(String(value));
  return Buffer.concat(Object.entries(value).map(([key, item]) => field(Number(key) || 15, item)));
}

function field(number: number, value: unknown): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.slice(0, 50).map((item) => field(number, item)));
  if (typeof value === 'number' || typeof value === 'boolean') return Buffer.concat([varint(number * 8), varint(Number(value))]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value === null ? Buffer.alloc(0) : encode(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** How one message of a peer is answered: what it holds, how it is framed, what stands around it. */
const answer = (message: object): Template => ({
  message,
  compressed: 0,
  length: 0,
  cut: 0,
  times: 1,
  headers: { status: 200, 'content-type': 'application/grpc', 'grpc-encoding': 'identity' },
  trailers: { 'grpc-status': '0', 'grpc-message': '' },
});

const TOOL = { 1: 'run', 2: 'Runs', 3: '{"type":"object","properties":{}}', 4: '', 5: 1 };
const SCHEMAS = [
  '{"type":"object","properties":{"constructor":{"$ref":"#/$defs/toString"}}}',
  '{"$ref":"#"}',
  '[]',
  '5',
  '{"type":{"toString":5}}',
  '{"properties":5,"required":[5]}',
];

const CALLS: readonly Template[] = [
  answer({ 1: 'fine' }),
  answer({ 1: '{"a":[1,null,{"b":"c"}]}' }),
  answer({ 1: 'data:image/png;base64,iVBORw0KGgo=' }),
  { ...answer({}), trailers: { 'grpc-status': '2', 'grpc-message': 'rpc error: code = Unknown desc = it broke' } },
  { ...answer({}), trailers: { 'grpc-status': '8', 'grpc-message': 'too large' } },
  { ...answer({}), trailers: { 'grpc-status': '12', 'grpc-message': 'unimplemented' } },
];
const STARTS: readonly Template[] = [
  answer({ 1: 1 }),
  answer({ 1: 1, 2: 'no' }),
  answer({ 1: [TOOL, { ...TOOL, 1: '__proto__' }] }),
  ...SCHEMAS.map((schema) => answer({ 1: [TOOL, { ...TOOL, 1: 'other', 3: schema, 4: schema }] })),
  answer({ 1: 2, 2: '{"@level":"toString","@message":"a line","@module":{"toString":5}}\n[ERROR] a line\npanic: no\n\tat x\n' }),
];

interface Answer {
  readonly message?: unknown;
  readonly compressed?: unknown;
  readonly length?: unknown;
  readonly cut?: unknown;
  readonly times?: unknown;
  readonly headers?: unknown;
  readonly trailers?: unknown;
}

/** A gRPC peer on a socket, well-behaved but for the answer it is told to give next, and now and then at its start. */
export class GrpcPeer implements Sender {
  readonly id: string;
  readonly path: string;
  readonly #server: Http2Server;
  readonly #starts: Iterator<string>;
  #asked = -ODD_EVERY;
  #line: string | undefined;
  /** Ends the connection of the home that uses it. */
  startAgain: () => void = () => undefined;

  constructor(id: string, path: string, odd: boolean) {
    this.id = id;
    this.path = path;
    this.#starts = odd ? endless(STARTS) : [][Symbol.iterator]();
    this.#server = createServer();
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.resume();
      stream.on('end', () => this.#answer(stream, headers[':path'] as string));
    });
    this.#server.on('sessionError', () => undefined);
    this.#server.listen(path);
  }

  close(): void {
    this.#server.close();
  }

  messages(count: number, seed: number): Iterable<string> {
    return mutated(CALLS, count, seed);
  }

  load(line: string): void {
    this.#line = line;
  }

  get loaded(): boolean {
    return this.#line !== undefined;
  }

  #answer(stream: ServerHttp2Stream, path: string): void {
    if (path === '/plugin.ToolPlugin/Call') {
      const line = this.#line;
      this.#line = undefined;
      return send(stream, line ?? JSON.stringify(answer({ 1: 'fine' })));
    }
    if (path === '/plugin.GRPCStdio/StreamStdio') return send(stream, this.#odd() ?? JSON.stringify(answer({ 1: 1, 2: 'a line\n' })));
    send(stream, this.#odd() ?? JSON.stringify(answer(path.endsWith('ListTools') ? { 1: [TOOL] } : { 1: 1 })));
  }

  #odd(): string | undefined {
    return ++this.#asked > 0 && this.#asked % 5 === 0 ? (this.#starts.next().value as string | undefined) : undefined;
  }
}

function* endless(templates: readonly Template[]): Generator<string> {
  for (let seed = 1; ; seed++) yield* mutated(templates, 500, seed);
}

function send(stream: ServerHttp2Stream, line: string): void {
  if (stream.destroyed) return;
  try {
    answerWith(stream, line);
  } catch {
    // Too deep for this side to write: an answer broken off is one as well.
    stream.close();
  }
}

function answerWith(stream: ServerHttp2Stream, line: string): void {
  let given: Answer = {};
  let raw: Buffer | undefined;
  try {
    given = (JSON.parse(line) ?? {}) as Answer;
  } catch {
    raw = Buffer.from(line);
  }
  const { status = 200, ...headers } = wordsOf(given.headers);
  stream.respond({ ':status': statusOf(status), 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    try {
      stream.sendTrailers(wordsOf(given.trailers));
    } catch {
      stream.close();
    }
  });
  const body = raw ?? encode(given.message);
  const cut = numberOf(given.cut, 0);
  const frame = Buffer.alloc(5);
  frame[0] = numberOf(given.compressed, 0) & 255;
  frame.writeUInt32BE((body.length + numberOf(given.length, 0)) >>> 0, 1);
  const whole = Buffer.concat([frame, body.subarray(0, Math.max(0, body.length - cut))]);
  for (let i = 0; i < Math.min(3, numberOf(given.times, 1)); i++) stream.write(whole);
  stream.end();
}

// What HTTP/2 would not let out of this process is no test of the other side.
function wordsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).flatMap(([key, item]): [string, string][] => {
    const name = key.toLowerCase();
    if (!/^[a-z][a-z0-9-]*$/.test(name) || ['connection', 'te', 'host', 'upgrade'].includes(name)) return [];
    const text = typeof item === 'string' ? item : (JSON.stringify(item) ?? '');
    return [
      [
        name,
        text
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, LONGEST_HEADER)
          .trim(),
      ],
    ];
  });
  return Object.fromEntries(entries);
}

function statusOf(text: string | number): number {
  const status = Number(text);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 200;
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : otherwise;
}
