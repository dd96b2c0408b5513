import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/console/api/tool-types.ts';
import { ask, login, makeCode } from '../console/support/console.ts';
import { connect } from '../support/clients.ts';
import { FIXTURE_BIN, run, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

const plugmux = (config: string, ...args: string[]) => run([...args, '--config', config], { bin: FIXTURE_BIN });
const lockOf = (config: string): string => join(dirname(config), 'plugmux.lock.json');
const change = (config: string, value: object) => writeFileSync(config, JSON.stringify(value));
const plugin = { path: './consent.fixture' };
const BEFORE = { plugins: { consent: plugin }, profiles: { search: { mode: 'search' } } };
const RENAMED = { ...BEFORE, plugins: { consent: { ...plugin, names: { wipe: 'wipe_all' } } } };

const locked = async () => {
  const config = writeConfig(BEFORE, ['consent']);
  expect((await plugmux(config, 'lock')).code).toBe(0);
  return config;
};
const codeOf = async (gateway: Serving, name: string, profile?: string) => {
  const client = await connect('v1', gateway.at('http', profile));
  const result = await (profile === undefined ? client.call(name, { what: 'x' }) : client.call('call_tool', { name, arguments: {} }));
  return (result._meta?.['plugmux/error'] as { code: string } | undefined)?.code;
};
const listed = async (gateway: Serving) => (await connect('v2 modern', gateway.at('http'))).list();

describe('a lock file', () => {
  it('withholds what is new or changed, in lists, search and calls, also from memory', { tags: ['lock-withheld'] }, async () => {
    const config = await locked();
    const first = await serve(config);
    expect(await listed(first)).toEqual(['erase', 'wipe', 'runs']);
    await first.stop();
    change(config, RENAMED);
    // The second start answers from the offer of the first one.
    for (const start of [1, 2]) {
      const gateway = await serve(config);
      expect([start, await listed(gateway)]).toEqual([start, ['erase', 'runs']]);
      expect(await codeOf(gateway, 'wipe_all')).toBe('TOOL_WITHHELD');
      expect(await codeOf(gateway, 'wipe_all', 'search')).toBe('TOOL_WITHHELD');
      const found = await (await connect('v1', gateway.at('http', 'search'))).call('find_tools', { query: 'wipe_all' });
      expect(found.content[0]?.text).not.toContain('"name":"wipe_all"');
      await gateway.stop();
    }
    const check = await plugmux(config, 'lock', '--check');
    expect([check.code, check.stdout]).toEqual([1, expect.stringContaining('consent › wipe: changed\n  name: "wipe" → "wipe_all"')]);
    expect((await plugmux(config, 'lock')).code).not.toBe(0);
    expect((await plugmux(config, 'lock', '--accept', 'wipe_all')).code).toBe(0);
    expect((await plugmux(config, 'lock', '--check')).code).toBe(0);
    expect(await listed(await serve(config))).toEqual(['erase', 'wipe_all', 'runs']);
  });

  it('is read again when it changes; one that cannot be used withholds everything', { tags: ['lock-withheld'] }, async () => {
    const config = await locked();
    const whole = readFileSync(lockOf(config), 'utf8');
    const gateway = await serve(config);
    const client = await connect('v1', gateway.at('http'));
    for (const bad of ['', '{', whole.replace('The tool erase', 'Another tool'), whole.replace('"version": 1', '"version": 2')]) {
      writeFileSync(lockOf(config), bad);
      const then = Date.now();
      while ((await client.list()).length > 0 && Date.now() - then < 10_000) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await client.list()).toEqual([]);
      expect(await codeOf(gateway, 'erase')).toBe('TOOL_WITHHELD');
      expect((await plugmux(config, 'lock', '--check')).code).not.toBe(0);
      writeFileSync(lockOf(config), whole);
      while ((await client.list()).length === 0 && Date.now() - then < 20_000) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await client.list()).toHaveLength(3);
    }
  });

  it('is completed by what the console accepts, until `plugmux lock` takes that over', { tags: ['lock-withheld'] }, async () => {
    const config = await locked();
    change(config, { ...RENAMED, plugins: { ...RENAMED.plugins, plain: { path: './plain.fixture' } } });
    writeFileSync(join(dirname(config), 'plain.fixture'), '');
    const gateway = await serve(config);
    const { key } = await login(gateway, { code: makeCode(config) });
    const changes = async () => (await ask(gateway, '/changes', { key })).body as unknown as Changes;
    const { items, lockFile } = await changes();
    expect(lockFile).toBe(lockOf(config));
    const wipe = items.find(({ tool }) => tool === 'wipe');
    expect(wipe).toMatchObject({ plugin: 'consent', kind: 'changed', schema: [{ path: 'name', what: '"wipe" → "wipe_all"' }] });
    expect(items.filter(({ plugin: id }) => id === 'plain').every(({ kind }) => kind === 'new')).toBe(true);
    const accept = (surface = '') =>
      ask(gateway, '/changes/accept', { key, body: { tools: [{ plugin: 'consent', tool: 'wipe', surface }] } });
    expect([(await accept('0000')).status, (await accept(wipe?.surface)).status]).toEqual([409, 204]);
    await until('the tool is served', () => true);
    expect(await listed(gateway)).toEqual(['erase', 'wipe_all', 'runs']);
    expect((await changes()).accepted).toMatchObject([{ tool: 'wipe', accepted: { by: 'console:local' } }]);
    await gateway.stop();
    const again = await serve(config);
    expect(await listed(again)).toEqual(['erase', 'wipe_all', 'runs']);
    await again.stop();
    expect((await plugmux(config, 'lock', '--accept-plugin', 'plain')).code).toBe(0);
    expect(JSON.parse(readFileSync(lockOf(config), 'utf8')).plugins.consent.tools.wipe.name).toBe('wipe_all');
    expect((await plugmux(config, 'lock', '--check')).code).toBe(0);
  });
});
