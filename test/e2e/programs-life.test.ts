import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installFolder } from '../../dist/adapters/squadron/install/home.js';
import { BIN, writeConfig } from '../support/gateway.ts';
import { processesWith, until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

// Programs behind the gateway, one over gRPC and one over stdio, and the death of each side.

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

// A client that calls both programs, reports it, and then waits. A separate process, so that it can be killed.
const CLIENT = `
const { spawn } = require('node:child_process');
const gateway = spawn(process.execPath, [process.argv[1], 'stdio', '--config', process.argv[2]], { stdio: ['pipe', 'pipe', 'ignore'] });
const send = (message) => gateway.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
const call = (id, name) => send({ id, method: 'tools/call', params: { name, arguments: {} } });
let text = '';
gateway.stdout.on('data', (chunk) => {
  text += chunk;
  for (let at; (at = text.indexOf('\\n')) >= 0; text = text.slice(at + 1)) {
    const { id, result } = JSON.parse(text.slice(0, at));
    if (id === 1) { send({ method: 'notifications/initialized' }); send({ id: 2, method: 'tools/list' }); }
    if (id === 2) { call(3, 'plugins_peer_echo'); call(4, 'fine'); }
    if (id > 2) console.log(gateway.pid, id, result.content[0].text);
  }
});
send({ id: 1, method: 'initialize', params });
process.stdin.on('data', () => { call(5, 'plugins_peer_echo'); call(6, 'fine'); });
`;

interface Parties {
  readonly client: ReturnType<typeof spawn>;
  readonly gateway: number;
  readonly peer: number;
  readonly upstream: number;
  /** The folder of the peer's socket. */
  readonly folder: string;
  readonly marks: readonly [string, string];
  said(): string;
}

async function start(): Promise<Parties> {
  const home = tempFolder();
  const dir = installFolder(home, 'peer', 'local');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [fixture('hostile-peer.mjs')] }));
  const marks = [`peer-${Math.random()}`, `upstream-${Math.random()}`] as const;
  const config = writeConfig({
    plugins: { peer: { format: 'squadron', version: 'local', env: { MARK: marks[0] } } },
    mcpServers: { odd: { command: process.execPath, args: [fixture('odd-server.mjs')], env: { MARK: marks[1] } } },
    limits: { restartMinMs: 50 },
  });
  const client = spawn(process.execPath, ['-e', CLIENT, BIN, config], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SQUADRON_HOME: home },
  });
  onTestFinished(() => void client.kill('SIGKILL'));
  let said = '';
  client.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await until('both have answered', () => / 3 call 1/.test(said) && / 4 fine/.test(said), 30_000);
  const [peer] = processesWith(`MARK=${marks[0]}`);
  const [upstream] = processesWith(`MARK=${marks[1]}`);
  const folder = /PLUGIN_UNIX_SOCKET_DIR=([^\0]+)/.exec(readFileSync(`/proc/${peer}/environ`, 'latin1'))?.[1] as string;
  expect(existsSync(join(folder, 'plugin1'))).toBe(true);
  return {
    client,
    gateway: Number(said.split(' ')[0]),
    peer: peer as number,
    upstream: upstream as number,
    folder,
    marks,
    said: () => said,
  };
}

const running = ({ marks, gateway }: Parties): number =>
  marks.flatMap((mark) => processesWith(`MARK=${mark}`)).length + (existsSync(`/proc/${gateway}`) ? 1 : 0);

describe('no process, socket or folder is left', { timeout: 60_000 }, () => {
  it.each<[string, (parties: Parties) => void]>([
    ['the client is killed', ({ client }) => void client.kill('SIGKILL')],
    ['the client ends', ({ client }) => void client.kill('SIGTERM')],
    ['the gateway is killed', ({ gateway }) => void process.kill(gateway, 'SIGKILL')],
    ['the gateway is asked to end', ({ gateway }) => void process.kill(gateway, 'SIGTERM')],
  ])('when %s', { tags: ['F57', 'F75'] }, async (_, end) => {
    const parties = await start();
    end(parties);
    await until('every process has ended', () => running(parties) === 0 && !existsSync(parties.folder), 20_000);
    if (parties.client.exitCode === null) parties.client.kill('SIGKILL');
  });

  it('of a killed program, and another one replaces it', { tags: ['F57'] }, async () => {
    const parties = await start();
    process.kill(parties.peer, 'SIGKILL');
    process.kill(parties.upstream, 'SIGKILL');
    await until('the folder is gone', () => !existsSync(parties.folder));
    await until('others run', () => parties.marks.every((mark) => processesWith(`MARK=${mark}`).length === 1), 20_000);
    parties.client.stdin?.write('again\n');
    await until('they answer', () => / 5 call 1/.test(parties.said()) && / 6 fine/.test(parties.said()), 20_000);
    parties.client.kill('SIGKILL');
    await until('every process has ended', () => running(parties) === 0, 20_000);
  });
});
