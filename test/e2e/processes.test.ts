import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { processesWith, until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// Real clients, the real command line, and processes that are killed.

function project(mark: string): string {
  const dir = tempFolder();
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
    { tags: ['T16'] },
    async (generation) => {
      const client = await connect(generation, await start(project(`mark-${Math.random()}`)));
      const pid = Number((await client.call('victim_pid')).content[0]?.text);
      const pending = client.call('victim_sleep');
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.kill(pid, 'SIGKILL');
      const failed = await pending;
      expect(failed.isError).toBe(true);
      expect(failed._meta?.['plugmux/error']).toMatchObject({
        code: 'PLUGIN_CRASHED',
        outcome: 'SENT_NO_REPLY',
        plugin: 'victim',
        tool: 'victim_sleep',
      });
      expect(JSON.stringify(failed)).not.toMatch(/\/home|\/tmp|\/work/);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const again = Number((await client.call('victim_pid')).content[0]?.text);
      expect(again).not.toBe(pid);
    },
  );
});

describe('the gateway killed with SIGKILL', () => {
  it.each([
    ['an idle plugin', 'victim_pid'],
    ['a plugin with a process of its own', 'victim_grandchild'],
    ['a plugin that cannot notice', 'victim_spin'],
  ])('leaves nothing of %s', { tags: ['F75'] }, async (_, tool) => {
    const mark = `mark-${Math.random()}`;
    const gateway = await serve(project(mark), { bin: BIN });
    const client = await connect('v1', gateway);
    void client.call(tool).catch(() => undefined);
    await until('the plugin runs', () => processesWith(`MARK=${mark}`).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = processesWith(`MARK=${mark}`);
    await gateway.stop('SIGKILL');
    await until(`${before.length} processes are gone`, () => processesWith(`MARK=${mark}`).length === 0, 10_000);
  });
});

describe('the gateway asked to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s and leaves nothing', { tags: ['drain-on-signal', 'F57'] }, async (signal) => {
    const mark = `mark-${Math.random()}`;
    const gateway = await serve(project(mark), { bin: BIN });
    const client = await connect('v1', gateway);
    await client.call('victim_grandchild');
    expect(processesWith(`MARK=${mark}`).length).toBeGreaterThan(1);
    expect(await gateway.stop(signal)).toBe(0);
    expect(processesWith(`MARK=${mark}`)).toEqual([]);
  });
});
