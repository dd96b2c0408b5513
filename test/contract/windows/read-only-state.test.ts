import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
/** Root may write anywhere, so it runs the window as another user. */
const AS_USER = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];

it('a window whose state folder cannot be written serves by itself, and says why', { tags: ['one-gateway'] }, async () => {
  const dir = tempFolder();
  const state = join(dir, 'state');
  mkdirSync(state);
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify({ plugins: {}, oneGateway: true, state: './state' }));
  for (const folder of [state, dir]) chmodSync(folder, 0o555);
  const [command = '', ...args] = [...AS_USER, process.execPath, BIN, 'stdio', '--config', join(dir, 'mcp.json')];
  const window = spawn(command, args, { env: { ...process.env, HOME: '/tmp' } });
  let [out, err] = ['', ''];
  window.stdout.on('data', (chunk) => {
    out += chunk;
  });
  window.stderr.on('data', (chunk) => {
    err += chunk;
  });
  window.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
  await until('it answers', () => out.includes('"serverInfo"'), 20_000);
  await until('it says why', () => err.includes(`the state folder ${state} cannot be written`));
  expect(err).toContain('make it writable for this user, or set another one under "state"');
  window.kill('SIGKILL');
  for (const folder of [dir, state]) chmodSync(folder, 0o755);
});
