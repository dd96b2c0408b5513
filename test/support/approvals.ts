import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createConsole } from '../../dist/src/console/console.js';
import { localCaller } from '../../dist/src/core/contract/caller.js';
import { createRedactor } from '../../dist/src/core/secrets/redact.js';
import type { ApprovalQueue, ConsoleAnswer, WaitingCall } from '../../dist/src/gateway/approval/approval-queue.js';
import { serveHttp } from '../../dist/src/transports/http.js';
import { serveLines } from '../../dist/src/transports/lines.js';
import { fixtureAdapter } from '../fixtures/fixture-adapter.mjs';
import { keepLog, openApp, type TestApp } from './app.ts';
import type { Kind, Target } from './clients.ts';
import { until } from './processes.ts';
import { type AtEnd, tempFolder } from './temp.ts';

/** A gateway inside the test, with its approval queue. */
export interface QueueGateway extends TestApp {
  readonly queue: ApprovalQueue;
  readonly gone: ReadonlyMap<string, string>;
  at(kind: Kind | 'lines'): Target;
  readonly url: string;
  /** The folder of its store. */
  readonly state: string;
  /** The call that waits with these arguments. */
  waiting(what: string): Promise<WaitingCall>;
  answer(entry: WaitingCall, answer: ConsoleAnswer['answer'], who?: string): void;
  /** The arguments that the tool ran with. */
  runs(): string;
  /** The lines of the audit log. */
  audited(): Promise<Record<string, unknown>[]>;
}

/** Serves the plugin `consent`, and others, over HTTP and lines. `present`: whether a page of the console is open. */
export async function serveQueue(config: object, fixtures: readonly string[], atEnd: AtEnd, present = true): Promise<QueueGateway> {
  const plugins = Object.fromEntries(['consent', ...fixtures].map((name) => [name, { path: `./${name}.fixture` }]));
  const { plugins: more = {}, ...rest } = config as { plugins?: object };
  const dir = tempFolder(atEnd);
  for (const name of ['consent', ...fixtures]) writeFileSync(join(dir, `${name}.fixture`), '');
  const app = await openApp([fixtureAdapter], { state: './state', plugins: { ...plugins, ...more }, ...rest }, dir, atEnd);
  const { instance } = app;
  const { log } = keepLog();
  const listen = { ...instance.config().listen, host: '127.0.0.1', port: 0 };
  const pages = createConsole({ app: instance, redactor: createRedactor(), log });
  const http = await serveHttp(instance.engine, { ...instance.config(), listen }, instance.limits, instance, new Map(), log, {
    fallThrough: pages,
  });
  const names = { input: 'A client', output: 'A client' };
  const lines = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = serveLines(instance.engine, instance.limits, localCaller(), { input: socket, output: socket, names }, log);
    socket.on('error', () => undefined);
    socket.on('close', () => connection.abandon('the client is gone'));
  });
  await new Promise<void>((resolve) => lines.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    instance.drain();
    lines.close();
    await http.close();
  });
  const queue = await instance.approvals.queue();
  if (present) queue.presence.used(app, { visible: true, notices: false });
  const gone = new Map<string, string>();
  queue.onChange({ waits: () => undefined, gone: (id, why) => void gone.set(id, why) });
  const { port } = lines.address() as { port: number };
  // What `plugmux stdio` does in a window: it passes lines on.
  const bridge = `const s=require('net').connect(${port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`;
  const find = (what: string) => queue.waiting().find((entry) => entry.arguments.what === what);
  return {
    ...app,
    queue,
    gone,
    url: http.origin,
    state: instance.config().state,
    at(kind) {
      if (kind === 'lines') return { command: process.execPath, args: ['-e', bridge] };
      const url = `${http.origin}${{ http: '/mcp', sse: '/sse', ws: '/ws' }[kind]}`;
      return { url: kind === 'ws' ? url.replace('http', 'ws') : url, kind };
    },
    async waiting(what) {
      await until(`"${what}" waits`, () => find(what) !== undefined);
      return find(what) as WaitingCall;
    },
    answer: (entry, answer, who = 'local') => queue.answer(entry.id, { answer, shown: entry.shown }, who),
    runs() {
      try {
        return readFileSync(join(dir, 'consent.fixture.runs'), 'utf8');
      } catch {
        return '';
      }
    },
    async audited() {
      const folder = join(instance.config().state, 'audit');
      await app.close();
      const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
      return files.flatMap((name) =>
        readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .filter((text) => text.includes('"tool"'))
          .map((text) => JSON.parse(text) as Record<string, unknown>),
      );
    },
  };
}
