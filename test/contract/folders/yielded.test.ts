import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folders } from '../../../dist/adapters/folders/adapter.js';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { emptyOffer } from '../../../dist/src/core/contract/plugin.js';
import { BY, openApp, type TestApp, textOf } from '../../support/app.ts';
import { SERVER, type Told, writeFolder } from '../../support/folders.ts';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { isAlive, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

// Plugins that bring MCP servers. The plugin itself is text and has no process.

const ADAPTERS = [folders, mcp];
const START = { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/server.cjs'] };

function pluginAt(dir: string, servers: object = { main: START }, more: Readonly<Record<string, string | object>> = {}): string {
  return writeFolder(join(dir, 'tools'), {
    '.claude-plugin/plugin.json': { name: 'tools' },
    '.mcp.json': servers,
    'server.cjs': SERVER,
    ...more,
  });
}

async function open(entry: object, servers?: object, more?: object): Promise<TestApp & { readonly folder: string }> {
  const dir = tempFolder();
  const folder = pluginAt(dir, servers);
  const app = await openApp(ADAPTERS, { plugins: { tools: { path: folder, ...entry } }, ...more }, dir);
  await app.instance.registry.start();
  return { ...app, folder };
}

const toldBy = async (app: TestApp, name: string): Promise<Told> => JSON.parse(textOf(await app.call(name))) as Told;
const statesOf = ({ instance }: TestApp): Record<string, string> =>
  Object.fromEntries(instance.plugins().map(({ id, state }) => [id, state]));
const toolsOf = ({ instance }: TestApp, profile?: string): string[] => [...instance.gateway.view(localCaller(profile)).tools.keys()];

describe('what a plugin yields', { tags: ['yielded-servers'] }, () => {
  it('is served below its id, in the process of the server alone', async () => {
    const app = await open({});
    const { cwd, args, env } = await toldBy(app, 'told');
    expect({ cwd, args, root: env.CLAUDE_PLUGIN_ROOT }).toEqual({ cwd: app.dir, args: [], root: app.folder });
    expect(statesOf(app)).toEqual({ tools: 'ready', 'tools.main': 'ready' });
    const [plugin, server] = app.instance.plugins();
    expect(plugin?.run).toBeUndefined();
    expect(server?.parent).toEqual({ id: 'tools', name: 'main' });
  });

  it('has the rules, limits and environment of the plugin, which its own beat', async () => {
    const servers = { main: START, second: { ...START, env: { OF_FILE: 'file', BOTH: 'file' } } };
    const app = await open(
      {
        env: { BOTH: 'plugin', PLAIN: 'plugin' },
        approval: { told: 'ask', other: 'deny' },
        limits: { callTimeoutMs: 5_000 },
        servers: {
          second: { approval: { told: 'allow' }, env: { BOTH: 'own' }, names: { told: 'second_told' }, limits: { callTimeoutMs: 7_000 } },
        },
      },
      servers,
    );
    const { tools } = app.instance.gateway.view(localCaller());
    const shown = [...tools.values()].map(({ entry, approval, timeoutMs }) => [entry.plugin.id, entry.name, approval, timeoutMs]);
    expect(shown).toEqual([
      ['tools.main', 'told', 'required', 5_000],
      ['tools.second', 'second_told', 'auto', 7_000],
    ]);
    const { env } = await toldBy(app, 'second_told');
    expect([env.BOTH, env.PLAIN, env.OF_FILE]).toEqual(['own', 'plugin', 'file']);
    const entry = tools.get('second_told')?.entry;
    expect(entry && app.instance.policy().placeOf(entry, localCaller())).toMatch(/^mcp\.json:1:\d+$/);
  });

  it('is closed with the plugin, and alone', async () => {
    const app = await open({}, { main: START, second: START });
    const { pid } = await toldBy(app, 'tools_main_told').catch(() => toldBy(app, toolsOf(app)[0] as string));
    await app.instance.admin.setEnabled('tools.second', false, BY);
    expect(statesOf(app)).toEqual({ tools: 'ready', 'tools.main': 'ready', 'tools.second': 'disabled' });
    expect(isAlive(pid)).toBe(true);
    await app.instance.admin.setEnabled('tools', false, BY);
    expect(statesOf(app)).toEqual({ tools: 'disabled', 'tools.main': 'disabled', 'tools.second': 'disabled' });
    await until('the server has ended', () => !isAlive(pid));
    await app.instance.admin.setEnabled('tools', true, BY);
    expect(statesOf(app)['tools.second']).toBe('disabled');
  });

  it('is disabled in the file with the plugin, or by its own key', async () => {
    const off = await open({ enabled: false });
    expect(statesOf(off)).toEqual({ tools: 'disabled', 'tools.main': 'disabled' });
    const own = await open({ servers: { main: { enabled: false } } });
    expect(statesOf(own)).toEqual({ tools: 'ready', 'tools.main': 'disabled' });
  });

  it('needs only the settings that it uses itself', async () => {
    const servers = { main: START, remote: { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer ${YIELDED_TEST_TOKEN}' } } };
    const app = await open({}, servers);
    expect(statesOf(app)).toEqual({ tools: 'ready', 'tools.main': 'ready', 'tools.remote': 'needs-config' });
    const { error } = app.instance.plugins().find(({ id }) => id === 'tools.remote') ?? {};
    expect(error?.fix).toBe('Run `plugmux settings tools --secret YIELDED_TEST_TOKEN`.');
    const { pid } = await toldBy(app, 'told');
    await app.reconfigure({ plugins: { tools: { path: app.folder, credentials: { YIELDED_TEST_TOKEN: 'set-now-123' } } } });
    expect(statesOf(app)['tools.remote']).not.toBe('needs-config');
    // Only the server that uses the setting has changed.
    expect((await toldBy(app, 'told')).pid).toBe(pid);
  });

  it('needs no setting whose value the entry replaces', async () => {
    const servers = { main: { ...START, env: { KEY: '${YIELDED_TEST_TOKEN}' } } };
    const app = await open({ servers: { main: { env: { KEY: 'given' } } } }, servers);
    expect((await toldBy(app, 'told')).env.KEY).toBe('given');
  });

  it('restarts alone if it changes', async () => {
    const app = await open(
      { servers: { second: { names: { told: 'second_told', other: 'second_other' } } } },
      { main: START, second: START },
    );
    const before = [(await toldBy(app, 'told')).pid, (await toldBy(app, 'second_told')).pid];
    writeFileSync(join(app.folder, '.mcp.json'), JSON.stringify({ main: START, second: { ...START, env: { NEW: 'yes' } } }));
    await app.instance.applyConfig(app.instance.config());
    await app.instance.registry.start();
    await until('the new server answers', async () => (await toldBy(app, 'second_told')).env.NEW === 'yes');
    const after = [(await toldBy(app, 'told')).pid, (await toldBy(app, 'second_told')).pid];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it('never takes an id that the file has', async () => {
    const dir = tempFolder();
    const folder = pluginAt(dir);
    const file = {
      plugins: { tools: { path: folder } },
      mcpServers: { 'tools.main': { command: 'node', args: [join(folder, 'server.cjs'), 'configured'] } },
    };
    const app = await openApp(ADAPTERS, file, dir);
    await app.instance.registry.start();
    expect((await toldBy(app, 'told')).args).toEqual(['configured']);
    expect(app.instance.plugins().map(({ id, error }) => [id, error?.code])).toEqual([
      ['tools', undefined],
      ['tools.main (tools)', 'NAME_COLLISION'],
      ['tools.main', undefined],
    ]);
  });

  it('exists in the profiles of the plugin', async () => {
    const profiles = { all: { plugins: ['tools'] }, some: { plugins: ['tools', '!tools.second'] }, none: { plugins: ['else'] } };
    const app = await open({}, { main: START, second: START }, { profiles });
    const count = (profile: string): number => toolsOf(app, profile).length;
    expect([count('all'), count('some'), count('none')]).toEqual([4, 2, 0]);
  });

  it('is listed from memory at the next start', async () => {
    const dir = tempFolder();
    const folder = pluginAt(dir);
    const config = { plugins: { tools: { path: folder } } };
    const first = await openApp(ADAPTERS, config, dir);
    await first.instance.registry.start();
    await first.close();
    const second = await openApp(ADAPTERS, config, dir);
    expect(toolsOf(second)).toEqual(['told', 'other']);
    expect(second.instance.plugins().find(({ id }) => id === 'tools.main')?.run).toBeUndefined();
    expect((await toldBy(second, 'told')).cwd).toBe(dir);
  });

  it('gets a short id of its own, whatever its name is', async () => {
    const long = 'n'.repeat(80);
    const app = await open({}, { 'A Name/with: all': START, 'a name with all': START, [long]: START });
    const ids = app.instance.plugins().map(({ id }) => id);
    expect(ids[1]).toBe('tools.a-name-with-all');
    expect(ids[2]).toMatch(/^tools\.a-name-with-all-[0-9a-f]{8}$/);
    expect(ids[3]).toHaveLength(64);
    expect(new Set(ids).size).toBe(4);
  });

  it('may be a plugin of another format inside the folder, but nothing outside or deeper', async () => {
    const dir = tempFolder();
    const folder = pluginAt(dir);
    const outside = pluginAt(join(dir, 'else'));
    const box: Adapter = {
      kind: 'box',
      options: {},
      paths: [],
      async read(source) {
        const { path, root, entry } = source;
        if (!path.endsWith('.box') && path !== dir) return null;
        const inner = (key: string, at: string, format = 'claude') => ({ key, path: at, root, entry, format });
        const deep =
          path === dir
            ? [inner('inner', folder), inner('out', '/etc'), inner('box', join(folder, 'a.box'), 'box')]
            : [inner('deeper', outside)];
        return [{ id: source.key ?? 'box', version: '', adapter: 'box', origin: dir, watch: [], digest: path, yields: deep }];
      },
      open: async (manifest) => ({
        manifest,
        offer: () => emptyOffer,
        state: () => 'ready',
        start: async () => undefined,
        onChange: () => undefined,
        close: async () => undefined,
      }),
    };
    writeFileSync(join(folder, 'a.box'), '');
    const app = await openApp([...ADAPTERS, box], { plugins: { box: { path: dir, format: 'box', approval: 'ask' } } }, dir);
    await app.instance.registry.start();
    const found = app.instance.plugins().map(({ id, state, problems, error }) => [id, error?.code ?? state, problems.length]);
    expect(found).toEqual([
      ['box', 'ready', 0],
      ['box.inner', 'ready', 0],
      ['box.inner.main', 'ready', 0],
      ['box.out', 'MANIFEST_INVALID', 0],
      ['box.box', 'ready', 0],
      ['box.box.deeper', 'ready', 1],
    ]);
    const approvals = [...app.instance.gateway.view(localCaller()).tools.values()].map(({ approval }) => approval);
    expect(approvals).toEqual(['required', 'required']);
    await app.instance.admin.setEnabled('box', false, BY);
    expect(statesOf(app)['box.inner.main']).toBe('disabled');
  });

  it('is listed below the plugin, and switched in the file by a key of its own', async () => {
    const dir = tempFolder();
    const file = writeConfig({ plugins: { tools: { path: pluginAt(dir) } } }, [], dir);
    const listed = async () =>
      JSON.parse((await run(['list', '--json', '--config', file], { bin: BIN })).stdout) as {
        id: string;
        plugin?: string;
        state: string;
      }[];
    expect((await listed()).map(({ id, plugin, state }) => [id, plugin, state])).toEqual([
      ['tools', undefined, 'ready'],
      ['tools.main', 'tools', 'ready'],
    ]);
    await run(['disable', 'tools.main', '--in-file', '--config', file], { bin: BIN });
    const written = JSON.parse(readFileSync(file, 'utf8')) as { plugins: { tools: { servers: object } } };
    expect(written.plugins.tools.servers).toEqual({ main: { enabled: false } });
    expect((await listed()).map(({ state }) => state)).toEqual(['ready', 'disabled']);
  });
});
