import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { BY, openApp, type TestApp, textOf } from '../../support/app.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

const FILES = {
  'index.ts': 'export const handlers = { run: (_: object, config: object) => JSON.stringify({ ...config, pid: process.pid }) };',
};
const MANIFEST = {
  settings: [
    { name: 'sides', label: 'Sides', type: 'number', default: '6' },
    { name: 'mode', label: 'Mode', type: 'select', options: ['append', 'replace'], default: 'append' },
    { name: 'constructor', label: 'Constructor', type: 'string' },
  ],
  credentials: [{ name: 'key', label: 'Key', required: false }],
};
const SECRET = 'planted-secret-value-77';

async function open(entry: object = {}, dir = tempFolder()): Promise<TestApp> {
  for (const id of ['dice', 'other']) writePlugin(dir, id, FILES, MANIFEST);
  const plugins = { dice: { path: './dice', group: 'dice', ...entry }, other: { path: './other', group: 'other' } };
  const app = await openApp([talos], { plugins }, dir);
  await app.instance.registry.start();
  return app;
}

const received = async (app: TestApp, id = 'dice') => JSON.parse(textOf(await app.call(`${id}_run`)));
const revision = async (app: TestApp) => (await app.instance.settings.read('dice'))?.revision ?? '';
const save = async (app: TestApp, values: object, secrets: object = {}, from?: string) =>
  app.instance.settings.save(
    'dice',
    { revision: from ?? (await revision(app)), values: values as Record<string, never>, secrets: secrets as Record<string, never> },
    BY,
  );

describe('stored settings of a plugin', () => {
  it('reach it after a restart of this plugin alone, and survive one of the gateway', { tags: ['settings-stored'] }, async () => {
    const dir = tempFolder();
    const app = await open({}, dir);
    const [before, other] = [await received(app), await received(app, 'other')];
    expect(before).toMatchObject({ sides: '6', mode: 'append' });
    const saved = await save(app, { sides: 8, constructor: 'c' }, { key: SECRET });
    expect(saved).toMatchObject({ changed: ['sides', 'constructor', 'key'], state: 'ready', needs: [] });
    const after = await received(app);
    expect(after).toMatchObject({ sides: '8', mode: 'append', constructor: 'c', key: SECRET });
    expect([after.pid === before.pid, (await received(app, 'other')).pid]).toEqual([false, other.pid]);
    const states = (await app.instance.settings.read('dice'))?.settings;
    expect(states?.map(({ key, source, value }) => [key, source, value])).toEqual([
      ['sides', 'console', 8],
      ['mode', 'default', 'append'],
      ['constructor', 'console', 'c'],
      ['key', 'console', undefined],
    ]);
    expect(JSON.stringify([app.lines, states, app.instance.plugins()])).not.toContain(SECRET);
    await app.close();

    const again = await open({}, dir);
    expect(await received(again)).toMatchObject({ sides: '8', key: SECRET });
    await save(again, {}, { key: null });
    const cleared = await received(again);
    expect([cleared.sides, cleared.key, Object.hasOwn(cleared, 'constructor')]).toEqual(['6', undefined, false]);
  });

  it('never replace a value of mcp.json', { tags: ['settings-stored'] }, async () => {
    const dir = tempFolder();
    const app = await open({}, dir);
    await save(app, { sides: 8 }, { key: SECRET });
    await app.close();
    process.env.TEST_DICE_SIDES = '20';
    onTestFinished(() => void delete process.env.TEST_DICE_SIDES);
    const file = await open({ settings: { sides: '${env:TEST_DICE_SIDES}' }, credentials: { key: 'from-the-file-123' } }, dir);
    expect(await received(file)).toMatchObject({ sides: '20', key: 'from-the-file-123' });
    const sides = (await file.instance.settings.read('dice'))?.settings[0];
    expect(sides).toMatchObject({ source: 'environment', fixed: 'file', at: expect.stringMatching(/mcp\.json:1:\d+/) });
    expect(sides).not.toHaveProperty('value');
    await expect(save(file, { sides: 9 })).rejects.toMatchObject({ code: 'FIXED_BY_FILE', details: { at: sides?.at } });
    await expect(save(file, {}, { key: null })).rejects.toMatchObject({ code: 'FIXED_BY_FILE' });
    // The stored value applies again once the file does not set it.
    await file.reconfigure({ plugins: { dice: { path: './dice' } } });
    await file.instance.registry.start();
    expect(await received(file)).toMatchObject({ sides: '8', key: SECRET });
  });

  it('are closed by "console": "fixed", and those stored before do not apply', { tags: ['settings-stored'] }, async () => {
    const dir = tempFolder();
    const app = await open({}, dir);
    await save(app, { sides: 8 });
    await app.close();
    const closed = await open({ console: 'fixed' }, dir);
    expect(await received(closed)).toMatchObject({ sides: '6' });
    expect((await closed.instance.settings.read('dice'))?.closed).toMatch(/mcp\.json:1:\d+$/);
    await expect(save(closed, { sides: 9 })).rejects.toMatchObject({ code: 'FIXED_BY_FILE' });
  });

  it.each([
    ['of another type', { sides: 'six' }, {}, ['sides']],
    ['that is no choice', { mode: 'delete', sides: 7 }, {}, ['mode']],
    ['of an unknown setting', JSON.parse('{"__proto__":1,"hasOwnProperty":1,"x":1}'), {}, ['__proto__', 'hasOwnProperty', 'x']],
    ['of a secret in the clear', { key: 'abcdefgh' }, {}, ['key']],
    ['given as a secret', {}, { sides: '7' }, ['sides']],
    ['empty as a secret', {}, { key: '' }, ['key']],
    ['over 64 K characters', { constructor: 'x'.repeat(70_000) }, {}, ['constructor']],
  ])('reject a value %s, and store nothing', { tags: ['settings-stored'] }, async (_, values, secrets, fields) => {
    const app = await open();
    const error = await save(app, values, secrets).catch((thrown) => thrown);
    expect([error.code, Object.keys(error.details.fields)]).toEqual(['SETTINGS_INVALID', fields]);
    expect((await app.instance.settings.read('dice'))?.values).toEqual({});
  });

  it('are not saved from an outdated view', { tags: ['settings-stored'] }, async () => {
    const app = await open();
    const first = await revision(app);
    const saved = await save(app, { sides: 8 }, {}, first);
    expect(saved.revision).not.toBe(first);
    await expect(save(app, { sides: 9 }, {}, first)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await received(app)).toMatchObject({ sides: '8' });
    // Equal values change nothing and restart nothing.
    expect(await save(app, { sides: 8 }, {}, saved.revision)).toMatchObject({ changed: [], revision: saved.revision });
    await expect(app.instance.settings.read('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('count as missing if they were sealed with another key', { tags: ['settings-stored'] }, async () => {
    const dir = tempFolder();
    const app = await open({}, dir);
    await save(app, { sides: 8 }, { key: SECRET });
    await app.close();
    rmSync(join(dir, '.plugmux', 'key'));
    const other = await open({}, dir);
    expect(await received(other)).toMatchObject({ sides: '8' });
    expect((await other.instance.settings.read('dice'))?.settings.at(-1)).toMatchObject({ key: 'key', source: 'unset' });
  });
});
