import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identify, relatives, signalIdentity } from '../../dist/src/host/process/process-tree.js';
import { connect } from '../support/clients.ts';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { processesWith, until } from '../support/processes.ts';
import { HANDSHAKE } from '../support/raw-stdio.ts';
import { writePlugin } from '../support/talos.ts';
import { type AtEnd, tempFolder } from '../support/temp.ts';

// Real clients, the real command line, and processes that are killed.

function project(mark: string, atEnd?: AtEnd): string {
  const dir = tempFolder(atEnd);
  const folder = join(dir, 'plugins');
  mkdirSync(folder);
  const functions = ['pid', 'sleep', 'grandchild', 'spin'].map((name) => ({ name, description: name }));
  const code = `import { spawn } from 'node:child_process';
    export const handlers = {
      pid: () => String(process.pid),
      sleep: () => new Promise((resolve) => setTimeout(() => resolve('slept'), 30_000)),
      grandchild: () => String(spawn('sleep', ['300'], { stdio: 'ignore', detached: true }).pid),
      spin: () => { while (true); },
    };`;
  writePlugin(folder, 'victim', { 'index.ts': code }, { functions });
  return writeConfig({ pluginFolders: ['./plugins'], plugins: { victim: { env: { MARK: mark } } } }, [], dir);
}

const targets = {
  http: (file: string) => serve(file, { bin: BIN }),
  stdio: async (file: string) => ({ command: process.execPath, args: [BIN, 'stdio', '--config', file] }),
};

describe.each(Object.entries(targets))('a plugin killed with SIGKILL, over %s', (_, start) => {
  it.each(['v2 legacy', 'v2 modern', 'v1'] as const)(
    'is one clear error for a %s client, and works a second later',
    { tags: ['T16', 'error-object'] },
    async (generation) => {
      const client = await connect(generation, await start(project(`mark-${Math.random()}`)));
      const pid = Number((await client.call('victim_pid')).content[0]?.text);
      const pending = client.call('victim_sleep');
      await new Promise((resolve) => setTimeout(resolve, 400));
      process.kill(pid, 'SIGKILL');
      const failed = await pending;
      expect(failed.isError).toBe(true);
      expect(failed._meta?.['plugmux/error']).toMatchObject({
        code: 'PLUGIN_CRASHED',
        outcome: 'SENT_NO_REPLY',
        plugin: 'victim',
        tool: 'victim_sleep',
      });
      expect(JSON.stringify(failed)).not.toMatch(/\/home|\/tmp/);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const again = Number((await client.call('victim_pid')).content[0]?.text);
      expect(again).not.toBe(pid);
    },
  );
});

describe('the gateway killed with SIGKILL', () => {
  it.concurrent.for([
    ['an idle plugin', 'victim_pid'],
    ['a plugin with a process of its own', 'victim_grandchild'],
    ['a plugin that cannot notice', 'victim_spin'],
  ] as const)('leaves nothing of %s', { tags: ['F75'] }, async ([, tool], { onTestFinished }) => {
    const atEnd = onTestFinished as AtEnd;
    const mark = `mark-${Math.random()}`;
    const gateway = await serve(project(mark, atEnd), { bin: BIN, atEnd });
    const client = await connect('v1', gateway, {}, atEnd);
    void client.call(tool).catch(() => undefined);
    await until('the plugin runs', () => processesWith(`MARK=${mark}`).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = processesWith(`MARK=${mark}`);
    await gateway.stop('SIGKILL');
    await until(`${before.length} processes are gone`, () => processesWith(`MARK=${mark}`).length === 0, 10_000);
  });
});

describe('the gateway killed and started again', () => {
  it('serves at once with its last state', { tags: ['F75', 'T22'] }, async () => {
    const file = project(`mark-${Math.random()}`);
    const first = await serve(file, { bin: BIN });
    await (await connect('v1', first)).call('victim_pid');
    await first.stop('SIGKILL');
    const again = await serve(file, { bin: BIN });
    expect(Number((await (await connect('v1', again)).call('victim_pid')).content[0]?.text)).toBeGreaterThan(1);
    const state = join(dirname(file), '.plugmux');
    const kept = ['.', ...(readdirSync(state, { recursive: true }) as string[])];
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.filter((name) => (statSync(join(state, name)).mode & 0o077) !== 0)).toEqual([]);
  });
});

describe('a pid that now belongs to another process', () => {
  it('is not signalled, and is not mistaken for the plugin', { tags: ['F59'] }, async () => {
    const stranger = spawn('sleep', ['300'], { stdio: 'ignore', detached: true });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    const pid = stranger.pid as number;
    await until('it runs', () => identify(pid) !== undefined);
    const dead = { pid, start: '1' };
    signalIdentity(dead, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(identify(pid)).toBeDefined();
    expect(relatives(dead, 'a-mark-that-nobody-carries')).toEqual([]);
    signalIdentity(identify(pid) as never, 'SIGKILL');
    await until('it has ended', () => identify(pid) === undefined);
  });
});

describe('the client of a gateway on stdio killed with SIGKILL', () => {
  it('ends the gateway and its plugins', { tags: ['F6'] }, async () => {
    const mark = `mark-${Math.random()}`;
    const file = project(mark);
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'victim_grandchild', arguments: {} } });
    const start = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, [${JSON.stringify(BIN)}, 'stdio', '--config', ${JSON.stringify(file)}], { stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.write(${JSON.stringify(`${HANDSHAKE}${call}\n`)});
      child.stdout.on('data', (chunk) => process.stdout.write(chunk));`;
    const client = spawn(process.execPath, ['-e', start], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void client.kill('SIGKILL'));
    let out = '';
    client.stdout.on('data', (chunk) => {
      out += chunk;
    });
    await until('the plugin has started a process', () => out.includes('"id":1'));
    expect(processesWith(`MARK=${mark}`).length).toBeGreaterThan(1);
    client.kill('SIGKILL');
    await until('all of them have ended', () => processesWith(`MARK=${mark}`).length === 0 && processesWith(file).length === 0, 15_000);
  });
});

describe('the program that started a gateway on stdio killed with SIGKILL', () => {
  const parentOf = `const { spawn } = require('node:child_process');
    const [bin, file] = process.argv.slice(1);
    const child = spawn(process.execPath, [bin, 'stdio', '--config', file], { stdio: ['inherit', 'inherit', 'ignore'] });
    setInterval(() => {}, 1000);`;

  it('ends the gateway and a plugin that ignores signals, even if another process keeps its stdin open', { tags: ['F6'] }, async () => {
    const mark = `mark-${Math.random()}`;
    const dir = tempFolder();
    const path = fileURLToPath(new URL('../fixtures/talos/rude', import.meta.url));
    const file = writeConfig({ plugins: { rude: { path, env: { MARK: mark } } } }, [], dir);
    execFileSync('mkfifo', [join(dir, 'input')]);
    const input = openSync(join(dir, 'input'), 'r+');
    onTestFinished(() => closeSync(input));
    const parent = spawn(process.execPath, ['-e', parentOf, BIN, file], { stdio: [input, 'pipe', 'ignore'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    let out = '';
    parent.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    const params = { name: 'rude_spawn', arguments: { marker: mark } };
    writeSync(input, `${HANDSHAKE}${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })}\n`);
    await until('the plugin has started a process', () => out.includes('"id":1'));
    // The plugin and its grandchild.
    expect(processesWith(`MARK=${mark}`).length).toBeGreaterThan(1);
    parent.kill('SIGKILL');
    await until('all of them have ended', () => processesWith(`MARK=${mark}`).length === 0 && processesWith(file).length === 0, 15_000);
  });
});

describe('the gateway asked to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s and leaves nothing', { tags: ['drain-on-signal', 'F57'] }, async (signal) => {
    const mark = `mark-${Math.random()}`;
    const gateway = await serve(project(mark), { bin: BIN });
    const client = await connect('v1', gateway);
    await client.call('victim_grandchild');
    expect(processesWith(`MARK=${mark}`).length).toBeGreaterThan(1);
    expect(await gateway.stop(signal)).toBe(0);
    expect(processesWith(`MARK=${mark}`)).toEqual([]);
  });
});
