import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Short runs with fixed seeds; `npm run torture` does the same for any duration. They read /proc.
const PROGRAM = fileURLToPath(new URL('run.mjs', import.meta.url));
const TIMEOUT_MS = 300_000;

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

describe.skipIf(process.platform !== 'linux' && process.env.CI !== 'true')('torture (needs /proc)', () => {
  it('holds the oracle under load and faults', { tags: ['F78'], timeout: TIMEOUT_MS }, async () => {
    const { code, output } = await run('--seed', '7', '--minutes', '0.08', '--stdio', '0');
    expect(code, output).toBe(0);
    expect(output).toContain('held: O1 O2 O3 O4 O5');
  });

  it('gives no client the reply of another with the same ids', { tags: ['T6'], timeout: TIMEOUT_MS }, async () => {
    const { code, output } = await run('--isolation', '--seed', '7', '--sessions', '16', '--processes', '1', '--calls', '12');
    expect(code, output).toBe(0);
    for (const kind of ['http', 'http-modern', 'sse', 'ws', 'ws-modern'])
      expect(output).toMatch(new RegExp(`^${kind} +16 sessions, 192 answers`, 'm'));
  });
});
