import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mcp } from '../../dist/adapters/mcp/adapter.js';
import { talos } from '../../dist/adapters/talos/adapter.js';
import { openApp, textOf } from '../support/app.ts';
import { connect } from '../support/clients.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { rawUpstream, toolOf } from '../support/raw-upstream.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// Tool hints set by operators, for formats without hints.

const READ_ONLY = { readOnly: true };

function folder(): string {
  const dir = tempFolder();
  mkdirSync(join(dir, 'plugins'));
  const functions = ['list', 'read', 'write'].map((name) => ({ name, description: name }));
  writePlugin(
    join(dir, 'plugins'),
    'notes',
    { 'index.ts': 'export const handlers = { list: () => String(process.pid), read: () => 1, write: () => 1 };' },
    { functions },
  );
  return dir;
}

it('hints reach clients by name and glob, and override those of the format', { tags: ['operator-hints'] }, async () => {
  const up = await rawUpstream(({ method }) =>
    method === 'tools/list'
      ? { tools: [toolOf('drop', { annotations: { destructiveHint: true } }), toolOf('look', { annotations: { openWorldHint: true } })] }
      : undefined,
  );
  const dir = folder();
  const config = {
    pluginFolders: ['./plugins'],
    plugins: { notes: { hints: { '{list,read}': READ_ONLY, write: { idempotent: true, openWorld: false } } } },
    mcpServers: {
      up: {
        type: 'http',
        url: up.url,
        era: 'legacy',
        hints: { drop: { destructive: false, readOnly: false }, look: { ...READ_ONLY, openWorld: false } },
      },
    },
  };
  const gateway = await serve(writeConfig(config, [], dir));
  const client = await connect('v1', gateway.at('http'));
  await until('all are listed', async () => (await client.list()).length === 5);
  const { tools } = (await (client.raw as { listTools(): Promise<unknown> }).listTools()) as {
    tools: { name: string; annotations?: object; title?: string }[];
  };
  expect(Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]))).toEqual({
    notes_list: { readOnlyHint: true },
    notes_read: { readOnlyHint: true },
    notes_write: { idempotentHint: true, openWorldHint: false },
    // A server's destructive hint stays.
    drop: { destructiveHint: true, readOnlyHint: false },
    look: { readOnlyHint: true, openWorldHint: false },
  });
});

it('hints are reloaded from the file without restarting the plugin', { tags: ['operator-hints'] }, async () => {
  const dir = folder();
  const config = { pluginFolders: ['./plugins'] };
  const app = await openApp([talos, mcp], config, dir);
  await app.instance.registry.start();
  const hintsOf = (): unknown =>
    app.instance.gateway.view({ principal: 'p', profile: 'default', scopes: [] } as never).tools.get('notes_list')?.hints;
  expect(hintsOf()).toBeUndefined();
  const pid = textOf(await app.call('notes_list'));
  await app.reconfigure({ ...config, plugins: { notes: { hints: { list: READ_ONLY } } } });
  expect(hintsOf()).toEqual(READ_ONLY);
  expect(textOf(await app.call('notes_list'))).toBe(pid);
});

it('hints are rejected with their position if invalid', { tags: ['operator-hints'] }, async () => {
  const file = writeConfig({ plugins: { a: { path: './a', hints: { list: { readonly: true } } } } });
  const { code, stderr } = await run(['list', '--config', file]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('plugins.a.hints.list')]);
});

it('hints are reported if they match no tool, once the tools are known', { tags: ['operator-hints'] }, async () => {
  const up = await rawUpstream(({ method }) => (method === 'tools/list' ? { tools: [toolOf('look')] } : undefined));
  const dir = folder();
  const config = {
    pluginFolders: [join(dir, 'plugins')],
    plugins: { notes: { hints: { read: READ_ONLY, raed: READ_ONLY, 'wri*': READ_ONLY } } },
    mcpServers: { up: { type: 'http', url: up.url, hints: { 'look*': READ_ONLY, loko: READ_ONLY } } },
  };
  const app = await openApp([talos, mcp], config, dir);
  await app.instance.registry.start();
  const rules = ['plugins.notes.hints: raed', 'mcpServers.up.hints: loko'].map((rule) => `the rule ${rule} matches nothing`);
  for (const rule of rules) await app.logged(rule);
  await app.reconfigure({ ...config, plugins: { notes: { hints: { red: READ_ONLY } } } });
  await app.logged('the rule plugins.notes.hints: red matches nothing');
  expect(app.lines.filter(({ message }) => message.endsWith('matches nothing'))).toHaveLength(3);
  await app.close();
  const { stdout } = await run(['doctor', '--config', writeConfig({ ...config, state: './other' })]);
  for (const rule of rules) expect(stdout).toContain(`note: ${rule}`);
});
