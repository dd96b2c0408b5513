import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AtEnd } from './temp.ts';

const SOURCE = new URL('../fixtures/grpc/go', import.meta.url).pathname;

/** Builds a program of the Go fixture once, keyed by its source, and returns its path. `what`: a package, by default the fixture itself. */
export function buildGo(what = '.'): string {
  const hash = createHash('sha256').update(what);
  for (const name of readdirSync(SOURCE).sort()) hash.update(readFileSync(join(SOURCE, name)));
  const folder = join(tmpdir(), `plugmux-grpc-${userInfo().uid}`);
  const program = join(folder, hash.digest('hex').slice(0, 24));
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${program}.${process.pid}`;
  const { status, stderr } = spawnSync('go', ['build', '-o', draft, what], {
    cwd: SOURCE,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
  renameSync(draft, program);
  return program;
}

/** A Go server that runs. */
export interface GoServer {
  /** Host and port. */
  readonly address: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts the fixture with its flags, and waits until it listens. */
export function startGo(args: readonly string[] = [], atEnd: AtEnd = onTestFinished as AtEnd): Promise<GoServer> {
  const child = spawn(buildGo(), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = (): Promise<void> => {
    child.kill('SIGKILL');
    return exited;
  };
  atEnd(stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve({ address: line.toString().trim(), process: child, stop }));
  });
}
