import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Kind } from './clients.ts';
import { until } from './processes.ts';
import { type AtEnd, tempFolder } from './temp.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built command line. */
export const BIN = join(ROOT, 'dist/bundle/src/main.js');

/** The same with the plugin format of the tests. */
export const FIXTURE_BIN = join(ROOT, 'dist/test/fixture-main.mjs');

/** Writes a configuration file into a new folder. Fixture plugins are empty files that the adapter recognizes by name. */
export function writeConfig(config: object, fixtures: readonly string[] = [], dir: string = tempFolder()): string {
  mkdirSync(dir, { recursive: true });
  for (const name of fixtures) writeFileSync(join(dir, `${name}.fixture`), '');
  const plugins = Object.fromEntries(fixtures.map((name) => [name, { path: `./${name}.fixture` }]));
  const file = join(dir, 'mcp.json');
  const { plugins: more = {}, ...rest } = config as { plugins?: object };
  writeFileSync(file, JSON.stringify({ plugins: { ...plugins, ...more }, ...rest }));
  return file;
}

/** A gateway process that listens on HTTP. */
export interface Serving {
  /** The address of Streamable HTTP. */
  readonly url: string;
  /** The address of another transport, optionally for a profile. */
  at(kind: Kind, profile?: string): { readonly url: string; readonly kind: Kind };
  readonly process: ChildProcess;
  stderr(): string;
  /** Waits for a text on stderr, which may arrive after a reply. */
  said(part: string): Promise<void>;
  /** Ends it with SIGTERM; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `serve`, on a free port unless an address is given, and waits until it listens. It ends with the test. */
export async function serve(
  configFile: string,
  options: { bin?: string; env?: NodeJS.ProcessEnv; atEnd?: AtEnd; address?: string } = {},
): Promise<Serving> {
  const address = options.address ?? '127.0.0.1:0';
  const child = spawn(process.execPath, [options.bin ?? FIXTURE_BIN, 'serve', '--http', address, '--json', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    return exited;
  };
  (options.atEnd ?? (onTestFinished as AtEnd))(() => stop('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      try {
        resolve((JSON.parse(out) as { url: string }).url);
      } catch {
        // The output is not complete yet.
      }
    });
    void exited.then((code) => reject(new Error(`the gateway ended with ${code}: ${err}`)));
  });
  const at = (kind: Kind, profile?: string) => {
    const address = new URL(url);
    address.pathname = { http: '/mcp', sse: '/sse', ws: '/ws' }[kind] + (profile === undefined ? '' : `/${profile}`);
    if (kind === 'ws') address.protocol = 'ws:';
    return { url: address.href, kind };
  };
  const said = (part: string) => until(`"${part}" is printed`, () => err.includes(part));
  return { url, at, process: child, stderr: () => err, said, stop };
}

/** Runs a command until it exits. */
export function run(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; bin?: string; input?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [options.bin ?? BIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  // A command may exit without reading its stdin.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
