import { describe, expect, it } from 'vitest';
import { BIN, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { connectClient, writeGarden } from '../browser/support/garden.ts';
import { ask, login, makeCode } from '../support/console.ts';

interface Logs {
  readonly area: string;
  readonly areas: readonly string[];
  readonly lines: readonly { readonly text: string }[];
}

describe('the log of a plugin', () => {
  it('is found by its id, and has what its own process prints', { tags: ['console-logs'] }, async () => {
    const dir = tempFolder();
    writeGarden(`${dir}/own/garden`, { logName: 'beds' });
    for (const id of ['apples', 'pears']) writeGarden(`${dir}/shared/${id}`, { id });
    const paths = { mine: './own/garden', apples: './shared/apples', pears: './shared/pears' };
    const plugins = Object.fromEntries(Object.entries(paths).map(([id, path]) => [id, { path }]));
    const file = writeConfig({ plugins }, [], dir);
    const gateway = await serve(file, { bin: BIN });
    const { key } = await login(gateway, { code: makeCode(file) });
    const logs = async (area: string) => (await ask(gateway, `/logs?area=${area}`, { key })).body as unknown as Logs;
    const has = ({ lines }: Logs, part: string) => lines.some(({ text }) => text.includes(part));
    const client = await connectClient(gateway.url);

    expect(await logs('plugin:mine')).toMatchObject({ asked: 'plugin:mine', area: 'plugin:beds', lines: [] });
    await client.callTool({ name: 'mine_log', arguments: { text: 'sown', times: 3 } });
    await until('the lines are kept', async () => has(await logs('plugin:mine'), 'sown 3'));
    expect((await logs('mine')).area).toBe('plugin:beds');
    // A process of two plugins: nobody knows whose line it is.
    await client.callTool({ name: 'pears_log', arguments: { text: 'picked', times: 3 } });
    await until('the lines are kept', async () => has(await logs('gateway'), 'picked 3'));
    expect(has(await logs('plugin:pears'), 'picked')).toBe(false);
    expect(has(await logs('gateway'), 'sown')).toBe(false);
    await client.close();
  });
});
