import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ToolList, Waiting } from '../../../src/console/api/tool-types.ts';
import type { Card, Page } from '../../../src/console/api/types.ts';
import { connect } from '../../support/clients.ts';
import { BIN, FIXTURE_BIN, run, serve } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { openPage } from '../support/page.ts';

/** A configuration with one key a line, so that places are easy to see. */
function configOf(config: object, dir = tempFolder()): string {
  for (const name of ['consent', 'plain']) writeFileSync(join(dir, `${name}.fixture`), '');
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

const open = async (file: string) => {
  const gateway = await serve(file);
  const { key } = await login(gateway, { code: makeCode(file) });
  const get = async <T>(path: string) => (await ask(gateway, path, { key })).body as unknown as T;
  return { gateway, key, get };
};

/** The line and column of a text in a file. */
function placeIn(file: string, text: string): string {
  const before = readFileSync(file, 'utf8').split(text)[0] ?? '';
  return `${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`;
}

describe('the reason of an approval', () => {
  const plugins = { consent: { path: './consent.fixture', approval: { 'wi*': 'ask', erase: 'inherit' } } };
  const profiles = { strict: { approval: { runs: 'ask' } }, all: { approval: 'ask' } };

  it('is shown with the place of the rule in mcp.json', { tags: ['approval-console'] }, async () => {
    const file = configOf({ plugins, profiles });
    const { gateway, key, get } = await open(file);
    await openPage(gateway, { key, want: ['approvals'] });
    const waitingFor = async (tool: string, profile?: string): Promise<Waiting | undefined> => {
      const client = await connect('v1', gateway.at('http', profile));
      void client.call(tool, { what: tool }).catch(() => undefined);
      const find = async () =>
        (await get<Page<Waiting>>('/approvals')).items.find((entry) => entry.tool === tool && entry.profile === (profile ?? 'default'));
      await until(`${tool} waits`, async () => (await find()) !== undefined);
      return find();
    };
    const ruleOf = async (tool: string, profile = 'default') =>
      (await get<ToolList>(`/tools?profile=${profile}`)).items.find(({ name }) => name === tool)?.ruledBy;
    expect(await waitingFor('erase')).toMatchObject({ ruledBy: 'format' });
    expect(await waitingFor('erase')).not.toHaveProperty('place');
    const inPlugin = `mcp.json:${placeIn(file, '"ask",')}`;
    expect(await waitingFor('wipe')).toMatchObject({ ruledBy: 'plugin', place: inPlugin });
    expect([await ruleOf('wipe'), await ruleOf('erase')]).toEqual([inPlugin, 'format']);
    const inProfile = `mcp.json:${placeIn(file, '"ask"\n      }\n    },\n    "all"')}`;
    expect(await waitingFor('runs', 'strict')).toMatchObject({ ruledBy: 'profile', place: inProfile });
    expect([await ruleOf('runs', 'strict'), await ruleOf('wipe', 'strict')]).toEqual([inProfile, inPlugin]);
    expect(await ruleOf('runs', 'all')).toBe(`mcp.json:${placeIn(file, '"ask"\n    }\n  }')}`);
  });

  it('is followed by a way out that exists', { tags: ['approval-console'] }, async () => {
    const refusal = async (more: object) => {
      const gateway = await serve(configOf({ plugins, ...more }));
      const client = await connect('v1', gateway.at('http'));
      const post = await fetch(new URL('/api/tools/erase', gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      return [(await client.call('erase', {})).content[0]?.text, await post.text()];
    };
    const [served, plain] = await refusal({});
    expect(served).toContain('or open the console.');
    expect(plain).toContain('Prefer: wait=60');
    for (const text of await refusal({ console: false }))
      expect(text).toMatch(/Use a client that supports elicitation\. The owner((?!console).)*$/s);
    const file = configOf({ plugins });
    const args = [FIXTURE_BIN, 'stdio', '--standalone', '--config', file];
    const alone = await connect('v1', { command: process.execPath, args });
    expect((await alone.call('erase', {})).content[0]?.text).not.toContain('console');
  });
});

describe('the state of a tool against the lock file', () => {
  it('is shown for every tool, and withheld ones count', { tags: ['console-tools'] }, async () => {
    const dir = tempFolder();
    const plugin = { path: './consent.fixture' };
    const file = configOf({ plugins: { consent: plugin } }, dir);
    const plain = await open(file);
    const pins = async (get: typeof plain.get) =>
      Object.fromEntries((await get<ToolList>('/tools')).items.map(({ name, pin }) => [name, pin]));
    expect(await pins(plain.get)).toEqual({ erase: 'none', wipe: 'none', runs: 'none' });
    await plain.gateway.stop();
    expect((await run(['lock', '--config', file], { bin: FIXTURE_BIN })).code).toBe(0);
    configOf(
      { plugins: { consent: { ...plugin, names: { wipe: 'wipe_all', runs: 'runs_all' } }, plain: { path: './plain.fixture' } } },
      dir,
    );
    const { gateway, key, get } = await open(file);
    const own = async () => (await pins(get)) as Record<string, string>;
    const before = await own();
    expect(before).toMatchObject({ erase: 'same', wipe_all: 'changed', runs_all: 'changed' });
    const added = Object.keys(before).filter((name) => !['erase', 'wipe_all', 'runs_all'].includes(name));
    expect(added.map((name) => before[name])).toEqual(added.map(() => 'new'));
    const { withheld } = await get<ToolList>('/tools');
    const { plugins } = await get<{ plugins: Card[] }>('/overview');
    expect(withheld).toBe(2 + added.length);
    expect(plugins.reduce((sum, card) => sum + card.withheld, 0)).toBe(withheld);
    const { items } = await get<Page<{ tool: string; surface: string }>>('/changes');
    const surface = items.find(({ tool }) => tool === 'wipe')?.surface;
    await ask(gateway, '/changes/accept', { key, body: { tools: [{ plugin: 'consent', tool: 'wipe', surface }] } });
    await until('it is accepted', async () => (await own()).wipe_all === 'accepted');
    expect((await ask(gateway, '/tools/runs_all', { key })).body).toMatchObject({ name: 'runs_all', pin: 'changed' });
    const client = await connect('v1', gateway.at('http'));
    expect(await client.list()).toEqual(['erase', 'wipe_all']);
    expect(dirname(file)).toBe(dir);
  });
});

describe('the reason why a plugin is not ready', () => {
  it('names what doctor says, and a command that is ready to run', { tags: ['console-overview'] }, async () => {
    const dir = tempFolder();
    writePlugin(
      join(dir, 'plugins'),
      'waiting',
      { 'index.ts': 'export const handlers = { run: () => 1 };' },
      { credentials: [{ name: 'token', required: true }] },
    );
    writePlugin(join(dir, 'plugins'), 'idle', { 'index.ts': 'export const handlers = { run: () => 1 };' });
    writePlugin(join(dir, 'plugins'), 'off', { 'index.ts': 'export const handlers = { run: () => 1 };' });
    const file = join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ pluginFolders: ['./plugins'], plugins: { off: { enabled: false } } }));
    const gateway = await serve(file, { bin: BIN });
    const { key } = await login(gateway, { code: makeCode(file) });
    await ask(gateway, '/plugins/idle/disable', { key, method: 'POST' });
    const cards = (await ask(gateway, '/overview', { key })).body.plugins as Card[];
    const why = (id: string) => cards.find((card) => card.id === id)?.why;
    const { stdout } = await run(['doctor', '--config', file], { bin: BIN });
    expect(why('waiting')).toMatchObject({ code: 'NEEDS_CONFIGURATION', command: 'plugmux settings waiting --secret token' });
    for (const text of [why('waiting')?.message, why('waiting')?.fix, why('waiting')?.command]) expect(stdout).toContain(text);
    expect(why('idle')).toMatchObject({ command: 'plugmux enable idle' });
    expect(why('off')).toMatchObject({ message: 'It is disabled in mcp.json.', command: 'plugmux enable off --in-file' });
    expect((await run(['enable', 'idle', '--config', file], { bin: BIN })).code).toBe(0);
    expect((await run(['enable', 'off', '--in-file', '--config', file], { bin: BIN })).code).toBe(0);
  });
});
