import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { SERVER, writeFolder } from '../../support/folders.ts';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { lockOf } from '../../support/lock.ts';
import { tempFolder } from '../../support/temp.ts';

const START = { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/server.cjs'] };

it('a lock file pins the servers that a plugin yields, each by itself', { tags: ['yielded-servers', 'lock-withheld'] }, async () => {
  const folder = writeFolder(join(tempFolder(), 'tools'), {
    '.claude-plugin/plugin.json': { name: 'tools' },
    '.mcp.json': { main: START },
    'server.cjs': SERVER,
    'commands/hello.md': 'Hello',
  });
  const config = writeConfig({ plugins: { tools: { path: folder } } });
  const plugmux = (...args: string[]) => run([...args, '--config', config], { bin: BIN });
  const listed = async (): Promise<string[]> => {
    const { raw, close } = await connect('v2 modern', { command: process.execPath, args: [BIN, 'stdio', '--config', config] });
    const client = raw as { listTools(): Promise<{ tools: { name: string }[] }> };
    const names = (await client.listTools()).tools.map(({ name }) => name).sort();
    await close();
    return names;
  };
  expect((await plugmux('lock')).code).toBe(0);
  const { plugins } = JSON.parse(readFileSync(lockOf(config), 'utf8'));
  expect(Object.keys(plugins)).toEqual(['tools', 'tools.main']);
  expect([Object.keys(plugins.tools.tools ?? {}), Object.keys(plugins['tools.main'].tools)]).toEqual([[], ['other', 'told']]);
  expect([(await plugmux('lock', '--check')).code, await listed()]).toEqual([0, ['other', 'told']]);

  // An update of the plugin brings a further server, and a further tool of the pinned one.
  writeFolder(folder, { '.mcp.json': { main: START, more: { ...START, args: ['${CLAUDE_PLUGIN_ROOT}/more.cjs'] } } });
  writeFileSync(join(folder, 'server.cjs'), SERVER.replace("['told', 'other']", "['told', 'other', 'third']"));
  writeFileSync(join(folder, 'more.cjs'), SERVER.replace("['told', 'other']", "['fourth']"));
  const checked = await plugmux('lock', '--check');
  expect([checked.code, checked.stdout + checked.stderr]).toEqual([1, expect.stringMatching(/third[\s\S]*fourth|fourth[\s\S]*third/)]);
  expect(await listed()).toEqual(['other', 'told']);
  expect((await plugmux('lock', '--yes')).code).toBe(0);
  expect(await listed()).toEqual(['fourth', 'other', 'third', 'told']);
});
