import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, type TestClient } from '../support/clients.ts';
import { BIN, type Serving, serve } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

async function start(): Promise<{ dir: string; gateway: Serving; client: TestClient; save(config: string): void }> {
  const dir = tempFolder();
  mkdirSync(join(dir, 'plugins'));
  writePlugin(join(dir, 'plugins'), 'one', {
    'index.ts':
      'export const handlers = { run: async (_, c) => { await new Promise((r) => setTimeout(r, 800)); return `one ${c.s ?? ""}`; } };',
  });
  const save = (config: string): void => writeFileSync(join(dir, 'mcp.json'), config);
  save('{"pluginFolders":["./plugins"]}');
  const gateway = await serve(join(dir, 'mcp.json'), { bin: BIN });
  const client = await connect('v2 auto', gateway);
  await client.call('one_run');
  return { dir, gateway, client, save };
}

const text = async (client: TestClient, name: string): Promise<string | undefined> => (await client.call(name)).content[0]?.text;

describe('a change while the gateway runs', () => {
  it('adds a plugin that appears in a folder, and removes it again, notifying the client each time', {
    tags: ['tools-list-changed'],
  }, async () => {
    const { dir, client } = await start();
    writePlugin(join(dir, 'plugins'), 'two', { 'index.ts': 'export const handlers = { run: () => "two" };' });
    await until('the client is notified', () => client.changes() === 1);
    expect(await client.list()).toEqual(['one_run', 'two_run']);
    expect(await text(client, 'two_run')).toBe('two');
    rmSync(join(dir, 'plugins/two'), { recursive: true });
    await until('the client is notified again', () => client.changes() === 2);
    expect(await client.list()).toEqual(['one_run']);
  });

  it('replaces a plugin whose file is saved, while a call in flight finishes in the old one', {
    tags: ['plugin-replaced', 'tools-list-changed'],
  }, async () => {
    const { dir, client } = await start();
    const pending = text(client, 'one_run');
    await new Promise((resolve) => setTimeout(resolve, 250));
    writeFileSync(join(dir, 'plugins/one/index.ts'), 'export const handlers = { run: () => "replaced" };');
    expect(await pending).toBe('one ');
    await until('the new code answers', async () => (await text(client, 'one_run')) === 'replaced');
    expect(client.changes()).toBe(0);
  });

  it('applies a changed configuration, and keeps the old one if the new one is invalid', { tags: ['F72'] }, async () => {
    const { client, dir, save, gateway } = await start();
    save('{"pluginFolders":["./plugins"],"plugins":{"one":{"settings":{"s":"set"}}}}');
    await until('the setting arrives', async () => (await text(client, 'one_run')) === 'one set');
    save('{"pluginFolders":["./plugins"],"plugin":{}}');
    await gateway.said(`configuration not reloaded (the previous one stays active): ${join(dir, 'mcp.json')}:1:32: unknown key`);
    expect(await text(client, 'one_run')).toBe('one set');
    save('{"pluginFolders":["./plugins"],"plugins":{"one":{"enabled":false}}}');
    await until('the client is notified', () => client.changes() > 0);
    expect(await client.list()).toEqual([]);
    await expect(client.call('one_run')).rejects.toMatchObject({ code: -32602 });
  });

  it('applies limits, and replaces a plugin process only for limits that it was started with', { tags: ['reload-limits'] }, async () => {
    const { client, dir, gateway, save } = await start();
    writePlugin(join(dir, 'plugins'), 'two', { 'index.ts': 'export const handlers = { run: () => String(process.pid) };' });
    await until('the second plugin is listed', async () => (await client.list()).includes('two_run'));
    const pid = await text(client, 'two_run');
    const limit = async (limits: object): Promise<void> => {
      save(JSON.stringify({ pluginFolders: ['./plugins'], limits }));
      const names = Object.keys(limits).map((name) => `limits.${name}`);
      await until(`${names} are reported`, () => names.every((name) => gateway.stderr().includes(name)));
    };
    await limit({
      sessions: 50,
      queueMs: 500,
      drainMs: 5_000,
      restartMaxMs: 20_000,
      messageBytes: 1_000,
      toolsPerPlugin: 400,
      tools: 1_999,
    });
    expect(await text(client, 'two_run')).toBe(pid);
    const large = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: 'x'.repeat(2_000) } }),
    });
    expect(large.status).toBe(413);
    // The checks of tools run again, and the plugin keeps running.
    await limit({ toolNameChars: 2 });
    await until('no name is short enough', async () => (await client.list()).length === 0);
    await limit({ callCapMs: 500_000 });
    await until('the tools are back', async () => (await client.list()).length === 2);
    expect(await text(client, 'two_run')).toBe(pid);
    await limit({ resultBytes: 1_000_000 });
    await until('another process answers', async () => (await text(client, 'two_run')) !== pid);
  });

  it('warns once about keys that need a restart', { tags: ['reload-told'] }, async () => {
    const { dir, gateway, save } = await start();
    const told = (): number => gateway.stderr().split('take effect after a restart').length - 1;
    save(JSON.stringify({ pluginFolders: ['./plugins'], state: './other' }));
    await gateway.said('these changes take effect after a restart: state');
    save(JSON.stringify({ pluginFolders: ['./plugins'], state: './other', limits: { sessions: 9 } }));
    await gateway.said('changed: limits.sessions');
    expect(told()).toBe(1);
    save('{"pluginFolders":["./plugins"]}');
    await gateway.said('changed: limits.sessions, state');
    expect([told(), existsSync(join(dir, 'other'))]).toEqual([1, false]);
  });

  it('survives a hundred saves in a row without losing a call', { tags: ['F74'] }, async () => {
    const { client, save, gateway } = await start();
    const calls = Array.from({ length: 20 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 50));
      return text(client, 'one_run');
    });
    for (let i = 0; i < 100; i++) {
      save(JSON.stringify({ pluginFolders: ['./plugins'], plugins: { one: { settings: { s: String(i) } } } }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const answer of await Promise.all(calls)) expect(answer).toMatch(/^one \d*$/);
    await until('the last change is applied', async () => (await text(client, 'one_run')) === 'one 99');
    const status = readFileSync(`/proc/${gateway.process.pid}/task/${gateway.process.pid}/children`, 'utf8');
    // The plugin process and the orphan reaper.
    await until(
      'nothing is left over',
      () => readFileSync(`/proc/${gateway.process.pid}/task/${gateway.process.pid}/children`, 'utf8').trim().split(' ').length === 2,
    );
    expect(status).not.toBe('');
  });
});
