import { spawn } from 'node:child_process';
import { createLineSplitter } from '../../core/lines.ts';
import { escapeHidden, shorten } from '../../core/text.ts';
import { describeSpawnError } from '../diagnose.ts';
import { childEnvironment } from '../environment.ts';
import { trySignal } from '../process-tree.ts';

const LINE_LIMIT = 16 * 1024;
const KEPT_LINES = 50;
// What package tools need to reach their index where that is not the public one.
const PASSED = /^(PIP_.*|https?_proxy|no_proxy|all_proxy|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$/i;

/** How a tool ended, and the last lines it wrote. */
export interface ToolRun {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs a program to its end: no shell, no input, every line told. The signal ends it with all it started. */
export function runTool(
  command: string,
  args: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
  cwd?: string,
): Promise<ToolRun> {
  const passed = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name))) as Record<string, string>;
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment(passed, 'tool'),
      detached: true,
      shell: false,
      windowsHide: true,
    });
    const keep = (text: string): void => {
      const line = shorten(escapeHidden(text), LINE_LIMIT).trim();
      if (line === '') return;
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      say(line);
    };
    const end = (): void => {
      if (child.pid !== undefined) trySignal(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      reject(signal.reason);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on(
        'data',
        createLineSplitter(LINE_LIMIT, { line: (line) => keep(line.toString()), tooLong: () => keep('(a very long line)') }),
      );
    }
    child.on('error', (error) => {
      lines.push(describeSpawnError(command, error).message);
      resolve({ code: null, lines });
    });
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      resolve({ code, lines });
    });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
