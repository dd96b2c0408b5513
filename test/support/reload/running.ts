import { writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { adapters } from '../../../dist/adapters/index.js';
import { type App, createApp } from '../../../dist/src/app.js';
import { loadConfig } from '../../../dist/src/config/load.js';
import { createRedactor } from '../../../dist/src/core/secrets/redact.js';
import { checkReload } from '../../../dist/src/transports/edge/edge.js';
import { type HttpTransport, serveHttp } from '../../../dist/src/transports/http.js';
import { keepLog, type LogLine } from '../app.ts';
import { until } from '../processes.ts';
import { writePlugin } from '../talos.ts';
import { tempFolder } from '../temp.ts';
import { probeAdapter } from './plugin.ts';
import { LIVE_FILES, LIVE_MANIFEST } from './process-probes.ts';

type Headers = Record<string, string>;
type Message = { readonly id?: number; readonly method?: string; readonly result?: Result; readonly error?: { readonly message: string } };
/** The parts of a result that the probes read. */
export interface Result {
  readonly tools?: readonly { readonly name: string; readonly description: string }[];
  readonly contents?: readonly { readonly text?: string }[];
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly uri?: string }[];
  readonly isError?: boolean;
  readonly _meta?: { readonly 'plugmux/error'?: { readonly code: string } };
}

/** One HTTP response. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export const HELLO = {
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: { elicitation: {} }, clientInfo: { name: 'test', version: '1' } },
};

/** A gateway in this process that watches its configuration file, built as `serve` builds it. */
export class Running {
  readonly dir: string;
  readonly app: App;
  readonly http: HttpTransport;
  readonly lines: readonly LogLine[];
  readonly port: number;
  readonly #save: (config: object) => void;
  #id = 0;

  constructor(dir: string, app: App, http: HttpTransport, lines: readonly LogLine[], save: (config: object) => void) {
    this.dir = dir;
    this.app = app;
    this.http = http;
    this.lines = lines;
    this.port = Number(new URL(http.origin).port);
    this.#save = save;
  }

  /** Saves the file; resolves with the log line that names the keys that the reload changed. */
  async reload(config: object): Promise<string> {
    const known = this.lines.length;
    const find = (): LogLine | undefined =>
      this.lines.slice(known).find(({ level, message }) => message.includes('reloaded; changed: ') || level === 'error');
    this.#save(config);
    await until('the reload is logged', () => find() !== undefined);
    return (find() as LogLine).message;
  }

  /** One HTTP exchange over a new connection. */
  send(method: string, path: string, body = '', headers: Headers = {}): Promise<Answer> {
    const all = { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers };
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers: all, agent: false });
      sent.on('error', reject);
      sent.on('response', (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', () => undefined);
        response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      sent.end(body);
    });
  }

  post(message: object, headers: Headers = {}, path = '/mcp'): Promise<Answer> {
    return this.send('POST', path, JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, ...message }), headers);
  }

  /** Opens a session; returns its headers. */
  async session(headers: Headers = {}, path = '/mcp'): Promise<Headers> {
    const answer = await this.post(HELLO, headers, path);
    return { ...headers, 'mcp-session-id': String(answer.headers['mcp-session-id']), 'mcp-protocol-version': '2025-06-18' };
  }

  /** The result of a request, in a new session unless one is given. */
  async ask(method: string, params: object = {}, session?: Headers): Promise<Result> {
    const own = session ?? (await this.session());
    const { result, error } = answerIn(await this.post({ method, params }, own));
    if (session === undefined) await this.send('DELETE', '/mcp', '', own);
    return result ?? { isError: true, content: [{ type: 'text', text: String(error?.message) }] };
  }

  /** The reply of a tool: the code of its error, or its text. */
  async call(name: string, args: object = {}, session?: Headers): Promise<string> {
    return said(await this.ask('tools/call', { name, arguments: args }, session));
  }

  async tools(): Promise<NonNullable<Result['tools']>> {
    return (await this.ask('tools/list')).tools ?? [];
  }

  /** A TCP connection. */
  async socket(first = ''): Promise<Socket & { readonly isOver: () => boolean }> {
    const socket = connect(this.port, '127.0.0.1');
    let over = false;
    socket
      .on('error', () => undefined)
      .on('close', () => {
        over = true;
      });
    socket.resume();
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    if (first !== '') socket.write(first);
    return Object.assign(socket, { isOver: () => over });
  }
}

/** The error code of a result, or its first text. */
export function said({ content, isError, _meta }: Result): string {
  return (isError === true ? _meta?.['plugmux/error']?.code : undefined) ?? content?.[0]?.text ?? '';
}

/** The reply in a response, sent as a body or as a stream. */
export function answerIn({ headers, text }: Answer): Message {
  if (!String(headers['content-type']).includes('event-stream')) return JSON.parse(text) as Message;
  const messages = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json as string) as Message);
  return messages.find(({ method }) => method === undefined) ?? {};
}

/** Starts a gateway with the plugin of the probes, unless the configuration has plugins. */
export async function startRunning(config: object, host = '127.0.0.1'): Promise<Running> {
  const dir = tempFolder();
  const file = join(dir, 'mcp.json');
  for (const name of ['probe.probe', 'stuck.probe']) writeFileSync(join(dir, name), '');
  writePlugin(dir, 'live', LIVE_FILES, LIVE_MANIFEST);
  writePlugin(dir, 'never', { 'index.ts': 'await new Promise((resolve) => setTimeout(resolve, 3_600_000));' });
  const save = (value: object): void =>
    writeFileSync(file, JSON.stringify({ state: './state', plugins: { probe: { path: './probe.probe' } }, ...value }));
  save(config);
  const own = [probeAdapter, ...adapters];
  const load = () => loadConfig(file, own, {}, { http: `${host}:0` });
  const { log, lines } = keepLog();
  const first = load();
  const app = await createApp({ config: first, adapters: own, redactor: createRedactor(), log });
  const http = await serveHttp(app.engine, first, app.limits, app, new Map(), log);
  onTestFinished(async () => {
    await app.close();
    await http.close();
  });
  app.onConfig(http.applyConfig);
  await app.watchConfig(() => {
    const next = load();
    checkReload(next, app.config());
    return next;
  });
  return new Running(dir, app, http, lines, save);
}
