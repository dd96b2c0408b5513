import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { FIXTURE_BIN, run, writeConfig } from './gateway.ts';
import { isAlive, until } from './processes.ts';
import { type AtEnd, tempFolder } from './temp.ts';

/** A client's entry for a window. */
export const target = (file: string) => ({ command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', file] });
/** Runs a command of the gateway of a configuration. */
export const cli = (file: string, ...args: string[]) => run([...args, '--config', file], { bin: FIXTURE_BIN });

/** What a gateway reports of itself. */
export interface Facts {
  readonly kind: string;
  readonly pid: number;
  readonly windows: number;
}

/** The gateway that runs for a configuration; undefined if none does. */
export async function factsOf(file: string): Promise<Facts | undefined> {
  return (JSON.parse((await cli(file, 'status', '--json')).stdout) as Facts | null) ?? undefined;
}

/** A configuration whose gateway in the background ends with the test. */
export function oneGateway(config: object = {}, atEnd: AtEnd = onTestFinished as AtEnd): string {
  const file = writeConfig({ oneGateway: true, state: './state', ...config }, ['plain'], tempFolder(atEnd));
  atEnd(async () => {
    const facts = await factsOf(file);
    await cli(file, 'stop');
    if (facts) await until('the gateway has ended', () => !isAlive(facts.pid));
  });
  return file;
}

/** A request as a line. */
export const line = (id: unknown, method: string, params: object = {}): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
/** What a client of the legacy era sends first. */
export const handshake =
  line(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }) +
  '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';
/** A call of the tool "echo". */
export const echo = (id: number): string => line(id, 'tools/call', { name: 'echo', arguments: { message: `m${id}` } });

/** A message of a window to its client. */
export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly error?: { readonly data?: { readonly code: string; readonly outcome: string } };
}

/** A window as its client sees it. */
export interface RawWindow {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stderr: () => string;
  readonly messages: () => readonly Message[];
  send(text: string): void;
  reply(id: number): Promise<Message>;
}

/** Starts a window. */
export function openWindow(file: string, env: NodeJS.ProcessEnv = {}, ...more: string[]): RawWindow {
  const child = spawn(process.execPath, [FIXTURE_BIN, 'stdio', '--config', file, ...more], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const messages = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as Message);
  return {
    child,
    stderr: () => err,
    messages,
    send: (text) => void child.stdin.write(text),
    async reply(id) {
      await until(`the reply to ${id}`, () => messages().some((message) => message.id === id));
      return messages().find((message) => message.id === id) as Message;
    },
  };
}

/** Starts a window and shakes hands as a client of the legacy era. */
export async function opened(file: string, env: NodeJS.ProcessEnv = {}, ...more: string[]): Promise<RawWindow> {
  const window = openWindow(file, env, ...more);
  window.send(handshake);
  await window.reply(0);
  return window;
}
