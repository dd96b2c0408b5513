import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ethos } from '../../../dist/adapters/ethos/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { openEthos, runTool, writeEthos, writeFiles } from '../../support/ethos.ts';
import { until } from '../../support/processes.ts';
import { writePackage } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

// Features of this format only, with real plugins in real processes.

const status = (app: TestApp, id: string) => app.instance.registry.plugins().find((p) => p.id === id);
const names = (app: TestApp): string[] => [...app.instance.registry.catalogue().tools.keys()].sort();
const run = async (app: TestApp, args: object = {}, tool = 'run'): Promise<string> => textOf(await app.call(tool, args));
const messages = (app: TestApp, id: string): string => (status(app, id)?.problems ?? []).map((p) => p.message).join('\n');
const one =
  (id: string, code: string, own: object = {}, files: Record<string, string> = {}) =>
  (folder: string) =>
    writeEthos(folder, id, { 'index.ts': code, ...files }, own);

describe('Ethos modules', () => {
  it('runs the documented minimal plugin unchanged', async () => {
    const path = fileURLToPath(new URL('../../fixtures/ethos-seed', import.meta.url));
    const app = await openApp([ethos], { plugins: { seed: { path } } });
    expect(await run(app, { name: 'Ada' }, 'hello')).toBe('Hello, Ada!');
    expect(status(app, 'seed')?.facts.shape).toBe('default');
  });

  it('accepts every shape, and prefers the named export', async () => {
    const tool = (name: string) =>
      `api.registerTool({ name: '${name}', description: '', schema: {}, execute: async () => ({ ok: true, value: '${name}' }) })`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'named', {
        'index.ts': `export const activate = (api) => ${tool('a')}; export default { activate(api) { ${tool('wrong')} } };`,
      });
      writeEthos(folder, 'object', { 'src/index.ts': `export const plugin = { activate(api) { ${tool('b')} } };` });
      writeEthos(folder, 'plain', { 'index.js': `export default { activate(api) { ${tool('c')} } };` });
      writeEthos(
        folder,
        'common',
        { 'lib/main.cjs': `module.exports = { activate(api) { ${tool('d')} } };` },
        {},
        { main: 'lib/main.cjs' },
      );
    });
    expect(names(app)).toEqual(['a', 'b', 'c', 'd']);
    expect(['named', 'object', 'plain', 'common'].map((id) => status(app, id)?.facts.shape)).toEqual([
      'activate',
      'plugin',
      'default',
      'activate',
    ]);
  });

  it('reports the exports of a module without activate(), and explains register()', async () => {
    const app = await openEthos((folder) => {
      writeEthos(folder, 'empty', { 'index.ts': 'export const tools = []; export const version = 1;' });
      writeEthos(folder, 'other', { 'index.ts': 'export function register(api) {}' });
    });
    expect(status(app, 'empty')?.error?.message).toContain('It exports tools, version.');
    expect(status(app, 'other')?.error?.message).toContain('not an Ethos plugin');
  });

  it('gets its writable folder from the api, as the how-to for data sources shows', { tags: ['ethos-data-dir'] }, async () => {
    const code = `import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      export function activate(api) {
        const path = join(api.dataDir, 'market.db');
        const before = statSync(api.dataDir).isDirectory();
        writeFileSync(path, 'rows');
        api.registerDataSource('market-db', path);
        api.registerTool({ name: 'run', description: '', schema: {}, execute: async () =>
          ({ ok: true, value: JSON.stringify([typeof api.dataDir, before, path, readdirSync(api.dataDir)]) }) });
      }`;
    const app = await openEthos(one('p', code), { state: './state' });
    const place = join(app.dir, 'state', 'data', 'p', 'market.db');
    expect(JSON.parse(await run(app))).toEqual(['string', true, place, ['market.db']]);
  });

  it('replaces names that the stand-in lacks with stubs that throw when used', async () => {
    const code = `import { ok, brandNew } from '@ethosagent/plugin-sdk/tool-helpers';\n${runTool("return args.use ? brandNew() : ok('still here');")}`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'typed', { 'index.ts': code });
      writeEthos(folder, 'plain', { 'index.mjs': code.replaceAll("'run'", "'run_js'") }, {}, { main: 'index.mjs' });
    });
    for (const tool of ['run', 'run_js']) {
      expect(await run(app, {}, tool)).toBe('still here');
      expect(await run(app, { use: true }, tool)).toContain('brandNew');
    }
  });

  it('names a missing package with the command that installs it', async () => {
    const app = await openEthos((folder) => {
      writeEthos(folder, 'ts', { 'index.ts': "import { core } from '@ethosagent/core';\nexport const activate = () => core;" });
      writeEthos(folder, 'js', { 'index.js': "import { core } from '@ethosagent/core';\nexport const activate = () => core;" });
    });
    for (const id of ['ts', 'js']) {
      expect(status(app, id)?.error).toMatchObject({ code: 'DEPENDENCY_MISSING' });
      expect(status(app, id)?.error?.fix).toContain('@ethosagent/core');
    }
  });

  it("prefers the plugin's own copy of the SDK", async () => {
    const app = await openEthos((folder) => {
      const code = `import { ok } from '@ethosagent/plugin-sdk/tool-helpers';\n${runTool("return ok('x');")}`;
      writeEthos(folder, 'own', { 'index.ts': code });
      const exports = { './tool-helpers': './helpers.js' };
      writePackage(
        join(folder, 'own'),
        '@ethosagent/plugin-sdk',
        { 'helpers.js': "export const ok = (v) => ({ ok: true, value: 'own ' + v });" },
        { type: 'module', exports },
      );
    });
    expect(await run(app)).toBe('own x');
  });
});

describe('Ethos packages', () => {
  it.each([
    [2, 'ready'],
    [3, 'ready'],
    [4, 'ready'],
    [undefined, 'ready'],
    [1, 'failed'],
    [5, 'failed'],
    ['4', 'failed'],
  ])('a contract major of %s is %s', async (pluginContractMajor, state) => {
    const app = await openEthos(one('p', runTool("return { ok: true, value: '' };"), { pluginContractMajor }));
    expect(status(app, 'p')?.state).toBe(state);
    if (state === 'failed')
      expect(status(app, 'p')?.error).toMatchObject({ code: 'MANIFEST_INVALID', fix: expect.stringContaining('ignoreContract') });
    if (pluginContractMajor === undefined) expect(messages(app, 'p')).toContain('pluginContractMajor');
  });

  it('rejects an entry outside the folder, and an invalid id', async () => {
    const app = await openEthos((folder) => {
      writeFiles(folder, { 'outside.js': 'export const activate = () => 1;' });
      writeEthos(folder, 'out', {}, {}, { main: '../outside.js' });
      writeEthos(folder, 'bad', { 'index.ts': 'export const activate = () => 1;' }, { id: 'a/b' });
    });
    expect(status(app, 'out')?.error?.message).toContain('outside the plugin');
    expect(status(app, 'bad')?.error?.message).toContain('ethos.id');
  });

  it('loads packages of a scanned node_modules, also scoped ones, by the entry of their package.json', async () => {
    const code = (name: string) =>
      `exports.activate = (api) => api.registerTool({ name: '${name}', description: api.pluginId, schema: {}, execute: async () => ({ ok: true, value: '' }) });`;
    const marked = { ethos: { type: 'plugin', pluginContractMajor: 2 } };
    const dir = tempFolder();
    writePackage(dir, 'ethos-plugin-one', { 'index.js': code('one') }, marked);
    writePackage(
      dir,
      '@ethos-plugins/two',
      { 'two.cjs': code('two') },
      { ...marked, main: undefined, exports: { '.': { import: { default: './two.cjs' } } } },
    );
    writePackage(dir, 'unrelated', { 'index.js': 'throw new Error("never run")' });
    const app = await openApp([ethos], { pluginFolders: ['./node_modules'] }, dir);
    await app.instance.registry.start();
    expect(names(app)).toEqual(['one', 'two']);
    expect(
      app.instance.registry
        .plugins()
        .map((p) => p.id)
        .sort(),
    ).toEqual(['ethos-plugin-one', 'two']);
  });

  it('applies entry keys by plugin id or folder name, including the contract', async () => {
    const code =
      "export const activate = (api) => api.registerTool({ name: 'run', description: '', schema: {}, execute: async () => ({ ok: true, value: api.pluginId + process.env.LEVEL }) });";
    const write = (folder: string) => writeEthos(folder, 'folder', { 'index.ts': code }, { id: 'own', pluginContractMajor: 1 });
    const old = await openEthos(write, { plugins: { folder: { ignoreContract: true, env: { LEVEL: '1' } } } });
    expect(await run(old)).toBe('own1');
    expect(old.instance.registry.plugins()).toMatchObject([{ id: 'folder', alias: 'own' }]);
    const modern = (folder: string) => writeEthos(folder, 'folder', { 'index.ts': code }, { id: 'own' });
    const app = await openEthos(modern, { plugins: { own: { env: { LEVEL: '2' } } } });
    expect(await run(app)).toBe('own2');
    expect(app.instance.registry.plugins()).toMatchObject([{ id: 'own', alias: 'folder' }]);
  });

  it('finds a package by name, and names the command that installs a missing one', async () => {
    const dir = tempFolder();
    writePackage(
      dir,
      '@acme/ethos-charts',
      {
        'index.js':
          "exports.activate = (api) => api.registerTool({ name: 'run', description: '', schema: {}, execute: async () => ({ ok: true, value: api.pluginId }) });",
      },
      { ethos: { type: 'plugin', pluginContractMajor: 2 } },
    );
    const app = await openApp(
      [ethos],
      { plugins: { charts: { package: '@acme/ethos-charts' }, absent: { package: 'ethos-plugin-absent' }, bad: { package: '../x' } } },
      dir,
    );
    await app.instance.registry.start();
    expect(await run(app)).toBe('ethos-charts');
    expect(status(app, 'absent')?.error).toMatchObject({
      code: 'ENTRY_NOT_FOUND',
      fix: expect.stringContaining('npm install --ignore-scripts --prefix'),
    });
    expect(status(app, 'bad')?.error?.code).toBe('CONFIG_INVALID');
  });

  it('loads plugins after their dependencies in one process, and reports why one cannot be loaded', async () => {
    const provide = (id: string) =>
      `export const activate = (api) => { globalThis.loaded = [...(globalThis.loaded ?? []), '${id}']; api.on('ask', (reply) => reply('${id}')); };`;
    const ask = `export const activate = (api) => api.registerTool({ name: 'ask', description: '', schema: {}, execute: async () => {
      const heard = []; api.emit('ask', (who) => heard.push(who)); return { ok: true, value: [...globalThis.loaded, ...heard].join() }; } });`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'asker', { 'index.ts': ask }, { dependencies: ['zebra', 'low'] });
      writeEthos(folder, 'low', { 'index.ts': provide('low') }, { priority: 1 });
      writeEthos(folder, 'zebra', { 'index.ts': provide('zebra') }, { priority: 2 });
      writeEthos(folder, 'ring1', { 'index.ts': provide('ring1') }, { dependencies: ['ring2'] });
      writeEthos(folder, 'ring2', { 'index.ts': provide('ring2') }, { dependencies: ['ring1'] });
      writeEthos(folder, 'lonely', { 'index.ts': provide('lonely') }, { dependencies: ['nobody'] });
      writeEthos(folder, 'breaks', { 'index.ts': 'export const activate = () => { throw new Error("no"); };' });
      writeEthos(folder, 'waits', { 'index.ts': provide('waits') }, { dependencies: ['breaks'] });
    });
    expect(await run(app, {}, 'ask')).toBe('zebra,low,zebra,low');
    expect(status(app, 'ring1')?.error?.message).toMatch(/ring1, ring2|ring2, ring1/);
    expect(status(app, 'lonely')?.error?.message).toContain('nobody');
    expect(status(app, 'waits')?.error?.message).toContain('breaks');
    expect(status(app, 'low')?.state).toBe('ready');
  });

  it('stores the tools, so that a second start lists them before any process runs', async () => {
    const app = await openEthos(one('p', runTool("return { ok: true, value: 'ran' };")));
    await app.close();
    const again = await openApp([ethos], { pluginFolders: ['./plugins'] }, app.dir);
    await again.instance.gateway.whenListed();
    expect(names(again)).toEqual(['run']);
    const started = () => again.lines.some((line) => line.message.startsWith('module shape'));
    expect(started()).toBe(false);
    expect(await run(again)).toBe('ran');
    expect(started()).toBe(true);
  });

  it('reports the findings of a source scan without blocking', async () => {
    const app = await openEthos(
      one('p', `${runTool("return { ok: true, value: String(eval('1 + 1')) };")}\nexport const get = () => fetch('https://example.com');`),
    );
    expect(await run(app)).toBe('2');
    expect(messages(app, 'p')).toContain('dynamic-code-exec at index.ts');
    expect(messages(app, 'p')).toContain('network-access');
  });
});

describe('Ethos API', () => {
  it('accepts and lists unsupported members', async () => {
    const code = `export async function activate(api) {
      await api;
      api.registerLLMProvider('acme', () => ({}));
      api.registerRoute({ path: '/hook', handler: async () => ({}) });
      api.registerSomethingNew({ name: 'future' })();
      api.registerVoidHook('goal_failed', async () => {});
      api.registerVoidHook('no_such_hook', async () => {});
      api.diagnostics.info('hello', { a: 1 });
      api.registerTool({ name: 'run', description: '', schema: {}, execute: async () => ({ ok: true, value: typeof api.nothingOfTheKind }) });
    }`;
    const app = await openEthos(one('p', code));
    expect(await run(app)).toBe('function');
    expect(messages(app, 'p')).toContain('registerLLMProvider: acme; registerRoute: /hook; registerSomethingNew: future');
    expect(messages(app, 'p')).toContain('goal_failed');
    expect(app.lines).toContainEqual({ level: 'info', area: 'plugin:p', message: 'hello {"a":1}' });
  });

  it('stores secrets that a plugin writes, notifies it, and hides its tools while a required one is missing', async () => {
    const code = `export function activate(api) {
      const heard = [];
      api.onCredentialUpdate(async (key) => heard.push(key));
      api.registerTool({ name: 'run', description: '', schema: {}, execute: async () => ({ ok: true, value: JSON.stringify([api.hasSecret('KEY'), await api.getSecret('KEY'), await api.getSecret('none'), heard]) }) });
      api.registerTool({ name: 'write', description: '', schema: {}, execute: async () => { await api.setSecret('KEY', 'written'); return { ok: true, value: '' }; } });
      api.registerTool({ name: 'bad', description: '', schema: {}, execute: async () => ({ ok: true, value: String(api.hasSecret('a/b')) }) });
    }`;
    const plugins = (KEY?: string) => ({ pluginFolders: ['./plugins'], plugins: { p: { credentials: KEY === undefined ? {} : { KEY } } } });
    const app = await openEthos(one('p', code, { credentials: [{ key: 'KEY', label: 'Key', type: 'secret', required: true }] }), plugins());
    expect(status(app, 'p')).toMatchObject({ state: 'needs-config', needs: ['KEY'] });
    await app.reconfigure(plugins('given'));
    expect(JSON.parse(await run(app))).toEqual([true, 'given', null, []]);
    expect(await run(app, {}, 'bad')).toContain('is not a valid secret name');
    await app.call('write');
    expect(JSON.parse(await run(app))).toEqual([true, 'written', null, ['KEY']]);
    await app.close();
    const again = await openApp([ethos], plugins('given'), app.dir);
    expect(JSON.parse(await run(again))).toEqual([true, 'written', null, []]);
    await again.reconfigure(plugins('newer'));
    await until('the plugin is told', async () => (JSON.parse(await run(again)) as unknown[])[3]?.toString() === 'KEY');
    expect(JSON.parse(await run(again))).toEqual([true, 'newer', null, ['KEY']]);
  });

  it('registers tools after activate, hides unavailable ones, and reads current fields', async () => {
    const code = `let open = false;
    export function activate(api) {
      const gated = { name: 'gated', description: 'before', schema: {}, isAvailable: () => open, execute: async () => ({ ok: true, value: 'open' }) };
      api.registerTool(gated);
      api.registerTool({ name: 'run', description: '', schema: {}, execute: async () => {
        open = !open; gated.description = 'after';
        api.registerTool({ name: 'late', description: '', schema: {}, execute: async () => ({ ok: true, value: '' }) });
        return { ok: true, value: String(open) }; } });
    }`;
    const app = await openEthos(one('p', code));
    expect(names(app)).toEqual(['run']);
    expect(messages(app, 'p')).toContain('"gated"');
    await app.call('run');
    await until('the list grows', () => names(app).join() === 'gated,late,run');
    expect(app.instance.registry.catalogue().tools.get('gated')?.description).toBe('after');
    expect(await run(app, {}, 'gated')).toBe('open');
  });
});
