import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Card } from '../../../src/console/api/types.ts';
import { SERVER, writeFolder } from '../../support/folders.ts';
import { BIN, run, serve, writeConfig } from '../../support/gateway.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';

it('lists name the plugin that brings a server, in the console and in list --json', { tags: ['yielded-servers'] }, async () => {
  const folder = writeFolder(join(tempFolder(), 'tools'), {
    '.claude-plugin/plugin.json': { name: 'tools' },
    '.mcp.json': { main: { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/server.cjs'] } },
    'server.cjs': SERVER,
  });
  const config = writeConfig({ plugins: { tools: { path: folder } } });
  const gateway = await serve(config, { bin: BIN });
  const { key } = await login(gateway, { code: makeCode(config) });
  const expected = [
    ['tools', undefined],
    ['tools.main', 'tools'],
  ];
  const cards = (await ask(gateway, '/overview', { key })).body.plugins as Card[];
  expect(cards.map(({ id, parent }) => [id, parent])).toEqual(expected);
  expect((await ask(gateway, '/plugins/tools.main', { key })).body).toMatchObject({ id: 'tools.main', parent: 'tools' });
  const listed = JSON.parse((await run(['list', '--json', '--config', config], { bin: BIN })).stdout) as { id: string; plugin?: string }[];
  expect(listed.map(({ id, plugin }) => [id, plugin])).toEqual(expected);
});
