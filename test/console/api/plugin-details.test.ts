import { describe, expect, it } from 'vitest';
import { toCause } from '../../../src/console/api/shown/causes.ts';
import { BIN, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { connectClient, writeGarden } from '../browser/support/garden.ts';
import { ask, login, makeCode } from '../support/console.ts';

describe('the command of a fix', () => {
  it.each([
    ['Run `plugmux login files`.', 'plugmux login files'],
    ['npm install --ignore-scripts --prefix /srv/x y', 'npm install --ignore-scripts --prefix /srv/x y'],
    ["npm rebuild --prefix /srv/x y (this runs the package's own build scripts)", 'npm rebuild --prefix /srv/x y'],
    ['Set `"python"` in mcp.json.', undefined],
    ['Correct the place named in the message.', undefined],
  ])('%s', (fix, command) => {
    expect(toCause({ code: 'PLUGIN_FAILED', message: 'It failed.', fix }).command).toBe(command);
  });
});

describe('a plugin at the console', () => {
  it('has the command of its fix, and what a stop interrupts', { tags: ['console-plugin-actions'] }, async () => {
    const dir = tempFolder();
    for (const id of ['apples', 'pears']) writeGarden(`${dir}/shared/${id}`, { id });
    writeGarden(`${dir}/own/lost`, { id: 'lost' }, "import 'not-there-at-all';\n");
    const paths = { lost: './own/lost', apples: './shared/apples', pears: './shared/pears' };
    const plugins = Object.fromEntries(Object.entries(paths).map(([id, path]) => [id, { path }]));
    const file = writeConfig({ plugins, limits: { drainMs: 4_000 } }, [], dir);
    const gateway = await serve(file, { bin: BIN });
    const { key } = await login(gateway, { code: makeCode(file) });
    const details = async (id: string) => (await ask(gateway, `/plugins/${id}`, { key })).body as Record<string, unknown>;
    await until('it has failed', async () => (await details('lost')).state === 'failed');
    expect((await details('lost')).why).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      command: expect.stringMatching(/^npm install .* not-there-at-all$/),
    });
    const client = await connectClient(gateway.url);
    const running = client.callTool({ name: 'pears_wait', arguments: { ms: 1_000 } });
    await until('the call runs', async () => (await details('pears')).active === 1);
    expect(await details('apples')).toMatchObject({ active: 0, drainMs: 4_000, beside: [{ id: 'pears', title: 'Garden', active: 1 }] });
    expect(await details('lost')).toMatchObject({ beside: [] });
    await running;
    await client.close();
  });
});
