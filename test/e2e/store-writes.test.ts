import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/console/api/tool-types.ts';
import { ask, login, makeCode } from '../console/support/console.ts';
import { connect, type TestClient } from '../support/clients.ts';
import { BIN, FIXTURE_BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// What one process stores reaches every gateway on the state folder that runs.

const MANIFEST = { settings: [{ name: 'sides', label: 'Sides', type: 'number', default: '6' }] };
const FILES = { 'index.ts': 'export const handlers = { run: (_: object, config: object) => JSON.stringify(config) };' };
const said = async (client: TestClient, name: string): Promise<string> => (await client.call(name)).content[0]?.text ?? '';

describe('a command reaches the gateway that runs', { tags: ['store-shared'], timeout: 60_000 }, () => {
  it('with a plugin that it disables, enables and sets, from the first start on', async () => {
    const dir = tempFolder();
    for (const id of ['dice', 'other']) writePlugin(dir, id, FILES, MANIFEST);
    const config = writeConfig({ plugins: { dice: { path: './dice' }, other: { path: './other' } } }, [], dir);
    const gateway = await serve(config, { bin: BIN });
    const client = await connect('v1', gateway.at('http'));
    const plugmux = (...args: string[]) => run([...args, '--config', config], { bin: BIN });
    await until('both are listed', async () => (await client.list()).length === 2);
    const [dice = ''] = (await client.list()).filter((name) => name.includes('dice'));

    expect(await plugmux('disable', 'dice')).toMatchObject({ code: 0, stdout: expect.stringContaining('within about a second') });
    await until('it is gone', async () => !(await client.list()).includes(dice));
    expect((await client.list()).length).toBe(1);

    expect((await plugmux('enable', 'dice')).code).toBe(0);
    await until('it is back', async () => (await client.list()).includes(dice));
    expect(await said(client, dice)).toMatch(/"sides":"?6/);

    expect((await plugmux('settings', 'dice', 'sides=20')).code).toBe(0);
    await until('the value arrives', async () => /"sides":"?20/.test(await said(client, dice)));
    expect((await plugmux('settings', 'dice', '--unset', 'sides')).code).toBe(0);
    await until('the default is back', async () => /"sides":"?6/.test(await said(client, dice)));
    expect(gateway.stderr()).toContain('another process has enabled, disabled or set plugins');
  });

  it('with a failed plugin that it retries', async () => {
    const dir = tempFolder();
    const mended = join(dir, 'mended');
    const broken = `import { existsSync } from 'node:fs';
if (!existsSync(${JSON.stringify(mended)})) throw new Error('broken for now');
export const handlers = { run: () => 'works' };`;
    writePlugin(join(dir, 'plugins'), 'dice', { 'index.ts': broken });
    const config = writeConfig({ plugins: { dice: { path: './plugins/dice' } } }, [], dir);
    const gateway = await serve(config, { bin: BIN });
    await gateway.said('broken for now');
    writeFileSync(mended, '');
    expect((await run(['enable', 'dice', '--config', config], { bin: BIN })).code).toBe(0);
    const client = await connect('v1', gateway.at('http'));
    await until('it works', async () => (await client.list()).length === 1);
  });
});

it('a tool that one gateway accepts is served by the other, too', { tags: ['store-shared'], timeout: 60_000 }, async () => {
  const file = (names: object) => ({ plugins: { consent: { path: './consent.fixture', names } } });
  const config = writeConfig(file({}), ['consent']);
  expect((await run(['lock', '--config', config], { bin: FIXTURE_BIN })).code).toBe(0);
  writeFileSync(config, JSON.stringify(file({ wipe: 'wipe_all' })));
  const [first, second] = [await serve(config), await serve(config)];
  const client = await connect('v1', second.at('http'));
  expect(await client.list()).not.toContain('wipe_all');
  const { key } = await login(first, { code: makeCode(config) });
  const changes = (await ask(first, '/changes', { key })).body as unknown as Changes;
  const tools = changes.items.map(({ plugin, tool, surface }) => ({ plugin, tool, surface }));
  expect((await ask(first, '/changes/accept', { key, body: { tools } })).status).toBe(204);
  await until('the other gateway serves it', async () => (await client.list()).includes('wipe_all'));
});
