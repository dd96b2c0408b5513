import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { BIN } from './gateway.ts';

/** How a `plugmux login` ended. */
export interface Login {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `plugmux login safe` and follows its URL as a browser would. */
export async function logIn(
  config: string,
  browse: (url: string) => Promise<unknown> = (url) => fetch(url),
  more: string[] = [],
): Promise<Login> {
  const child = spawn(process.execPath, [BIN, 'login', 'safe', '--config', config, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  let visited = false;
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    const url = /^ {2}(\S+)$/m.exec(stdout)?.[1];
    if (url === undefined || visited || !stdout.endsWith('\n')) return;
    visited = true;
    browse(url).catch(() => child.kill('SIGTERM'));
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
