import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { writePackage, writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

// Features of this format only, with real plugins in a real process.

async function open(prepare: (folder: string) => void, config: object = {}): Promise<TestApp> {
  const dir = tempFolder();
  const folder = join(dir, 'plugins');
  mkdirSync(folder);
  prepare(folder);
  return openApp([talos], { pluginFolders: ['./plugins'], limits: { restartMinMs: 50, startTimeoutMs: 15_000 }, ...config }, dir);
}

const status = (app: TestApp, id: string) => app.instance.registry.plugins().find((p) => p.id === id);
const run = async (app: TestApp, id: string, args: object = {}): Promise<string> => textOf(await app.call(`${id}_run`, args));
const one =
  (id: string, code: string, manifest: object = {}, files: Record<string, string> = {}) =>
  (folder: string) =>
    void writePlugin(folder, id, { 'index.ts': code, ...files }, manifest);

describe('Talos dialects', () => {
  it('passes the flat record, { config } and dataDir to named exports', async () => {
    const code = `import type { ToolContext } from '@talos/server/plugins';
      export function init(logger) { logger.info('hello'); logger.verbose('v'); }
      export async function run(args, context: ToolContext) { return JSON.stringify([args, { ...context, dataDir: typeof context.dataDir }]); }`;
    const app = await open(one('docs', code, { settings: [{ name: 'k', default: 'd' }] }));
    expect(JSON.parse(await run(app, 'docs'))).toEqual([{}, { k: 'd', config: { k: 'd' }, dataDir: 'string' }]);
    expect(status(app, 'docs')?.facts.dialect).toBe('docs');
    expect(app.lines).toContainEqual({ level: 'info', area: 'plugin:docs', message: 'hello' });
  });

  it('passes only strings as own keys to a handlers map, in a new object for every call', async () => {
    const code = `let last;
      export const run = () => 'never: handlers win';
      export const handlers = { run: (args, config) => {
        const fresh = last !== config; last = config; config.changed = 'yes';
        return { keys: Object.keys(config), dataDir: typeof config.dataDir, fresh };
      } };`;
    const app = await open(one('source', code, { settings: [{ name: 'k', default: true }] }));
    for (let i = 0; i < 2; i++)
      expect(JSON.parse(await run(app, 'source'))).toEqual({ keys: ['k', 'changed'], dataDir: 'string', fresh: true });
    expect(status(app, 'source')?.facts.dialect).toBe('source');
  });

  it('prefers a stored value named dataDir or config in a handlers map', async () => {
    const app = await open(
      one('stored', 'export const handlers = { run: (_, c) => c.dataDir + c.config };', {
        settings: [
          { name: 'dataDir', default: 'a' },
          { name: 'config', default: 'b' },
        ],
      }),
    );
    expect(await run(app, 'stored')).toBe('ab');
  });

  it('serves start and stop as functions if a manifest of the documented dialect declares them', async () => {
    const functions = [{ name: 'start' }, { name: 'stop' }];
    const app = await open(
      one('named', `export const start = async () => 'started'; export const stop = async () => 'stopped';`, { functions }),
    );
    expect(textOf(await app.call('named_start'))).toBe('started');
    expect(textOf(await app.call('named_stop'))).toBe('stopped');
  });

  it('never finds a handler on a prototype', async () => {
    const functions = [{ name: 'constructor' }, { name: 'toString' }, { name: 'run' }];
    const app = await open(one('proto', 'export const handlers = { run: () => 1 };', { functions }));
    await app.instance.registry.start();
    expect([...app.instance.registry.catalogue().tools.keys()]).toEqual(['proto_run']);
    expect(status(app, 'proto')?.problems.map((p) => p.subject)).toEqual(['constructor', 'toString']);
  });

  it('loads CommonJS and plain JavaScript entries', async () => {
    const app = await open((folder) => {
      writePlugin(folder, 'cjs', {
        'index.js': `const { x } = require('./lib.cjs'); module.exports = { handlers: { run: () => x } };`,
        'lib.cjs': `exports.x = 'from cjs';`,
        'package.json': '{"type":"commonjs"}',
      });
      writePlugin(folder, 'esm', {
        'index.mjs': `import * as types from '@talos/shared/types'; export const handlers = { run: () => typeof types };`,
      });
    });
    expect(await run(app, 'cjs')).toBe('from cjs');
    expect(await run(app, 'esm')).toBe('object');
  });
});

describe('Talos lifecycle', () => {
  it('shares services inside a folder, in the order of folder names', async () => {
    const app = await open((folder) => {
      writePlugin(
        folder,
        'a-provider',
        {
          'index.ts': `export function init(_, services) { services.registerService('s', { say: () => 'served' }); } export const handlers = {};`,
        },
        { functions: [] },
      );
      writePlugin(folder, 'b-consumer', {
        'index.ts': `let s, none; export function init(_, services) { s = services.getService('s'); none = services.getService('none'); } export const handlers = { run: () => s.say() + String(none) };`,
      });
    });
    expect(await run(app, 'b-consumer')).toBe('servedundefined');
  });

  it('keeps plugins of another group in another process', { tags: ['T16'] }, async () => {
    const code = 'export const handlers = { run: () => String(process.pid) };';
    const prepare = (folder: string) => ['a', 'b', 'c'].forEach((id) => void writePlugin(folder, id, { 'index.ts': code }));
    const app = await open(prepare, { plugins: { c: { group: 'own' } } });
    const [a, b, c] = [await run(app, 'a'), await run(app, 'b'), await run(app, 'c')];
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });

  it('runs start after all plugins are loaded, with the whole record, and stop at the end', async () => {
    const marker = join(tempFolder(), 'stopped');
    const code = `import { writeFileSync } from 'node:fs';
      let seen = 'not started';
      export async function start(config, logger) { seen = JSON.stringify(config); }
      export async function stop() { writeFileSync(${JSON.stringify(marker)}, 'yes'); }
      export const handlers = { run: () => seen };`;
    const app = await open(one('life', code, { settings: [{ name: 's', default: 1 }], credentials: [{ name: 'c' }] }), {
      plugins: { life: { credentials: { c: 'secret-value' } } },
    });
    expect(JSON.parse(await run(app, 'life'))).toEqual({ s: '1', c: 'secret-value' });
    await app.close();
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(marker, 'utf8')).toBe('yes');
  });

  it('keeps the tools of a plugin whose start fails, and reports it', async () => {
    const app = await open(
      one('start', `export const start = async () => { throw new Error('no port'); }; export const handlers = { run: () => 'works' };`),
    );
    expect(await run(app, 'start')).toBe('works');
    expect(status(app, 'start')).toMatchObject({
      state: 'ready',
      problems: [expect.objectContaining({ message: 'start() failed: no port' })],
    });
  });

  it('reports a plugin whose init throws, with the stage, and serves the others', { tags: ['F44'] }, async () => {
    const app = await open((folder) => {
      writePlugin(folder, 'bad', {
        'index.ts': `export const init = () => { throw new Error('bad init'); }; export const handlers = { run: () => 1 };`,
      });
      writePlugin(folder, 'good', { 'index.ts': 'export const handlers = { run: () => 1 };' });
    });
    expect(await run(app, 'good')).toBe('1');
    expect(status(app, 'bad')?.error?.message).toBe('The plugin failed in the stage "init": bad init');
  });

  it.each([
    ['exits', 'process.exit(3);', 'exited with code 3'],
    ['hangs', 'while (true);', 'did not finish the stage "import" within 3 s'],
    ['waits', 'await new Promise(() => setInterval(() => 1, 1000));', 'did not finish the stage "import" within 3 s'],
  ])('leaves out a plugin that %s during its load', async (id, code, message) => {
    const app = await open(
      (folder) => {
        writePlugin(folder, id, { 'index.ts': `${code}\nexport const handlers = { run: () => 1 };` });
        writePlugin(folder, 'z-good', { 'index.ts': 'export const handlers = { run: () => 1 };' });
      },
      { limits: { restartMinMs: 50, startTimeoutMs: 3000 } },
    );
    await app.instance.registry.start();
    expect(status(app, id)?.error?.message).toContain(message);
    expect(status(app, id)?.state).toBe('failed');
    expect(await run(app, 'z-good')).toBe('1');
  });

  it('restarts a plugin rarely after five recent crashes, keeps its tools, and serves the others', {
    tags: ['F56'],
  }, async () => {
    const app = await open(
      (folder) => {
        writePlugin(folder, 'crash', { 'index.ts': 'export const handlers = { run: () => process.kill(process.pid, "SIGKILL") };' });
        writePlugin(folder, 'good', { 'index.ts': 'export const handlers = { run: () => 1 };' });
      },
      { limits: { restartMinMs: 10, restartMaxMs: 600_000 } },
    );
    for (let i = 0; i < 5; i++) {
      const result = await app.call('crash_run');
      expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_CRASHED' });
      await until('the group is back', () => status(app, 'good')?.state === 'ready');
    }
    expect(await run(app, 'good')).toBe('1');
    expect(status(app, 'crash')?.state).toBe('restarting');
    expect([...app.instance.registry.catalogue().tools.keys()]).toContain('crash_run');
    const refused = await app.call('crash_run');
    expect(refused.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_UNAVAILABLE', retryAfterMs: expect.any(Number) });
  });

  it("survives late failures of a plugin's background work", { tags: ['T16'] }, async () => {
    const app = await open(
      one(
        'late',
        `export const handlers = { run: () => { setTimeout(() => { throw new Error('later'); }, 5); Promise.reject(new Error('rejected')); return String(process.pid); } };`,
      ),
    );
    const pid = await run(app, 'late');
    await app.logged('later');
    expect(await run(app, 'late')).toBe(pid);
  });
});

describe('Talos configuration', () => {
  const credentials = [{ name: 'key', label: 'Key', required: true }];

  it('lists a plugin without its required credential as unconfigured, without tools', async () => {
    const config = (plugins: object) => ({ pluginFolders: ['./plugins'], plugins });
    const app = await open(one('needs', 'export const handlers = { run: (_, c) => c.key.length };', { credentials }));
    expect(status(app, 'needs')).toMatchObject({ state: 'needs-config', needs: ['key'] });
    await expect(app.call('needs_run')).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
    await app.reconfigure(config({ needs: { credentials: { key: 'abcdef' } } }));
    expect(await run(app, 'needs')).toBe('6');
    await app.reconfigure(config({ needs: { credentials: { key: '' } } }));
    expect(status(app, 'needs')?.state).toBe('needs-config');
  });

  it('applies changed settings and code without a restart', async () => {
    const app = await open(
      one('live', 'export const handlers = { run: (_, c) => "one " + c.s };', { settings: [{ name: 's', default: 'x' }] }),
    );
    expect(await run(app, 'live')).toBe('one x');
    await app.reconfigure({ pluginFolders: ['./plugins'], plugins: { live: { settings: { s: 'y' } } } });
    expect(await run(app, 'live')).toBe('one y');
    writeFileSync(join(app.dir, 'plugins/live/index.ts'), 'export const handlers = { run: (_, c) => "second version " + c.s };');
    await app.reconfigure({ pluginFolders: ['./plugins'], plugins: { live: { settings: { s: 'y' } } } });
    expect(await run(app, 'live')).toBe('second version y');
  });

  it('keeps the first of two folders with the same id and reports the second, with both paths', async () => {
    const app = await open((folder) => {
      writePlugin(folder, 'first', { 'index.ts': 'export const handlers = { run: () => "first" };' }, { id: 'same' });
      writePlugin(folder, 'second', { 'index.ts': 'export const handlers = { run: () => "second" };' }, { id: 'same' });
    });
    expect(await run(app, 'same')).toBe('first');
    const second = app.instance.registry.plugins().find((p) => p.error?.code === 'NAME_COLLISION');
    expect(second?.error?.message).toContain(join('plugins', 'first'));
    expect(second?.error?.message).toContain(join('plugins', 'second'));
  });

  it('runs a trusted plugin inside the gateway if configured', async () => {
    const app = await open(one('inside', 'export const handlers = { run: () => String(process.pid) };'), {
      plugins: { inside: { isolation: 'none' } },
    });
    expect(await run(app, 'inside')).toBe(String(process.pid));
  });

  it('rewrites tool names in its instructions to the public names', { tags: ['names-rewritten'] }, async () => {
    const app = await open(
      (folder) =>
        writePlugin(folder, 'own', {
          'index.ts': 'export const handlers = { run: () => 1 };',
          'prompt.md': 'Call own_run, not own_runner.',
        }),
      {
        pluginFolders: [],
        plugins: { renamed: { path: './plugins/own' } },
      },
    );
    await app.instance.registry.whenListed(20_000);
    expect(app.instance.gateway.view({ principal: 'local', profile: 'default', scopes: [] }).instructions).toContain(
      'Call renamed_run, not own_runner.',
    );
    expect(await run(app, 'renamed')).toBe('1');
  });

  it('reports unsupported features and serves the rest', async () => {
    const app = await open(
      one('more', 'export const handlers = { run: () => 1 };', { sidecar: { dockerfile: 'x' }, triggers: [{ id: 't', label: 'T' }] }),
    );
    await app.instance.registry.start();
    expect(status(app, 'more')?.problems.map((p) => p.subject)).toEqual(['sidecar', 't']);
    expect(status(app, 'more')?.triggers).toEqual([{ id: 't', title: 'T' }]);
    expect(await run(app, 'more')).toBe('1');
  });

  it('serves a tool with an uncheckable schema and reports it, and quarantines only one without a schema', {
    tags: ['F49', 'F50'],
  }, async () => {
    const functions = [
      { name: 'run', parameters: { type: 'object' } },
      { name: 'bad', parameters: { type: 'object', properties: { a: { $ref: 'https://example.com/x' } } } },
      { name: 'worse', parameters: 'text' },
    ];
    const app = await open(one('schemas', 'export const handlers = { run: () => 1, bad: () => 2, worse: () => 3 };', { functions }));
    await app.instance.registry.whenListed(20_000);
    expect([...app.instance.registry.catalogue().tools.keys()]).toEqual(['schemas_run', 'schemas_bad']);
    expect(status(app, 'schemas')?.problems.map((p) => [p.subject, p.code])).toEqual([['bad', 'SCHEMA_UNCHECKED']]);
    expect(status(app, 'schemas')?.quarantined.map((q) => [q.tool, q.code])).toEqual([['worse', 'SCHEMA_REFUSED']]);
  });

  it('skips argument checks if the operator disables them', async () => {
    const functions = [{ name: 'run', parameters: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } }];
    const app = await open(one('lies', 'export const handlers = { run: (args) => args };', { functions }), {
      plugins: { lies: { validate: 'off' } },
    });
    expect(JSON.parse(await run(app, 'lies', { n: 'text' }))).toEqual({ n: 'text' });
  });
});

describe('loading TypeScript', () => {
  it('keeps import.meta.url and related values correct in every file', async () => {
    const app = await open((folder) => {
      writePlugin(folder, 'meta', {
        'index.ts': `import { readFileSync } from 'node:fs'; import { data } from './lib/deep/data.ts'; import legacy from './lib/legacy.cjs';
          export const handlers = { run: () => [readFileSync(new URL('./top.txt', import.meta.url), 'utf8'), data(), legacy(), import.meta.filename.endsWith('index.ts')].join() };`,
        'top.txt': 'top',
        'lib/deep/data.ts': `import { readFileSync } from 'node:fs'; import { dirname, join } from 'node:path'; import { fileURLToPath } from 'node:url';
          const here = dirname(fileURLToPath(import.meta.url)); export const data = () => readFileSync(join(here, 'data.txt'), 'utf8');`,
        'lib/deep/data.txt': 'deep',
        'lib/legacy.cjs': `const fs = require('fs'); const path = require('path'); module.exports = () => fs.readFileSync(path.join(__dirname, 'legacy.txt'), 'utf8');`,
        'lib/legacy.txt': 'legacy',
      });
    });
    expect(await run(app, 'meta')).toBe('top,deep,legacy,true');
  });

  it('finds packages from the plugin, then from configured roots, of every kind', async () => {
    const dir = tempFolder();
    const app = await open(
      (folder) => {
        const plugin = writePlugin(folder, 'deps', {
          'index.ts': `import own, { named } from 'own-cjs'; import { value } from 'root-esm/sub'; import { createRequire } from 'node:module';
            const required = createRequire(new URL('../../nowhere/package.json', import.meta.url))('root-cjs');
            export const handlers = { run: async () => [own.named, named, value, required, (await import('root-esm/sub')).value].join() };`,
        });
        writePackage(plugin, 'own-cjs', { 'index.js': `exports.named = 'cjs';` });
        writePackage(dir, 'root-esm', { 'sub.mjs': `export const value = 'esm';` }, { exports: { './sub': { import: './sub.mjs' } } });
        writePackage(dir, 'root-cjs', { 'index.js': `module.exports = 'by NODE_PATH';` });
      },
      { plugins: { deps: { moduleRoots: [dir] } } },
    );
    expect(await run(app, 'deps')).toBe('cjs,cjs,esm,by NODE_PATH,esm');
  });

  it('names missing packages before running any code, with the command that installs them', { tags: ['F44'] }, async () => {
    const app = await open(
      one(
        'missing',
        `console.log('must not run'); import x from 'no-such-package'; import { y } from '@scope/none/deep'; export const handlers = { run: () => x + y };`,
      ),
    );
    await app.instance.registry.start();
    expect(status(app, 'missing')).toMatchObject({ state: 'failed', error: { code: 'DEPENDENCY_MISSING' } });
    expect(status(app, 'missing')?.error?.message).toContain('@scope/none, no-such-package (not installed)');
    expect(status(app, 'missing')?.error?.fix).toMatch(/^npm install --ignore-scripts --prefix .*missing @scope\/none no-such-package$/);
    expect(app.lines.some((l) => l.message.includes('must not run'))).toBe(false);
  });

  it('allows a missing package that is imported on demand, and ignores type imports', async () => {
    const code = `import { type A, B } from 'types-only'; import type { C } from 'more-types';
      export const handlers = { run: async (b: B, c: C) => { try { await import('optional-package'); return 'has it'; } catch { return 'does without'; } } };`;
    const app = await open(one('optional', code));
    expect(await run(app, 'optional')).toBe('does without');
  });

  it('reports the position of a syntax error', { tags: ['F44'] }, async () => {
    const app = await open(one('syntax', 'export const handlers = {\n  run: () => {\n};'));
    await app.instance.registry.start();
    expect(status(app, 'syntax')?.error).toMatchObject({
      message: expect.stringMatching(/cannot be built: index\.ts:3:\d+: /),
      fix: 'Correct the source at the named line.',
    });
  });

  it('reports the position of an error on the first line, and of a throw', { tags: ['F44'] }, async () => {
    const first = await open(one('first', 'export const handlers = { run: async ( => 1 };'));
    await first.instance.registry.start();
    expect(status(first, 'first')?.error?.message).toContain(' index.ts:1:40: ');
    const thrown = await open(one('throws', 'const x = 1;\nthrow new Error("no licence");\nexport const handlers = { run: () => x };'));
    await thrown.instance.registry.start();
    expect(status(thrown, 'throws')?.error?.message).toBe('The plugin failed in the stage "import": no licence (index.ts:2:7)');
  });

  it('shows positions of the original source in stack traces', async () => {
    const app = await open(
      one('trace', '\n\nexport const handlers = {\n  run: () => {\n    setTimeout(() => { throw new Error("traced"); }, 1);\n  },\n};'),
    );
    await run(app, 'trace');
    await until('the trace is logged', () => app.lines.some((l) => /index\.ts:5:\d+/.test(l.message)));
  });

  it('does not compile the second time, and detects changed files', async () => {
    const dir = tempFolder();
    const folder = join(dir, 'plugins');
    mkdirSync(folder);
    writePlugin(folder, 'cached', {
      'index.ts': `import { x } from './x.ts'; export const handlers = { run: () => x };`,
      'x.ts': 'export const x = 1;',
    });
    const config = { pluginFolders: ['./plugins'] };
    const first = await openApp([talos], config, dir);
    expect(await run(first, 'cached')).toBe('1');
    await first.close();
    writeFileSync(join(folder, 'cached/x.ts'), 'export const x = 22;');
    const second = await openApp([talos], config, dir);
    expect(await run(second, 'cached')).toBe('22');
  });

  it('replaces the original host in imports of a plugin', async () => {
    const dir = tempFolder();
    const server = join(dir, 'talos/apps/server');
    mkdirSync(join(server, 'data'), { recursive: true });
    writeFileSync(join(server, 'package.json'), '{}');
    writeFileSync(join(server, 'data/talos.txt'), 'host data');
    writePackage(server, 'host-package', { 'index.js': `module.exports = 'host package';` });
    const code = `import { readFileSync } from 'node:fs'; import { createRequire } from 'node:module'; import { dirname, join } from 'node:path'; import { fileURLToPath } from 'node:url';
      const here = dirname(fileURLToPath(import.meta.url)); const server = join(here, '..', '..', 'apps', 'server');
      const pkg = createRequire(join(server, 'package.json'))('host-package');
      export const handlers = { run: () => [readFileSync(join(server, 'data', 'talos.txt'), 'utf8'), pkg, readFileSync(join(here, 'own.txt'), 'utf8')].join() };`;
    const app = await open(one('reaches', code, {}, { 'own.txt': 'own file' }), {
      plugins: { reaches: { hostRoot: join(dir, 'talos') } },
    });
    expect(await run(app, 'reaches')).toBe('host data,host package,own file');
  });

  it('follows a symbolic link to a folder, and never loads test files', async () => {
    const dir = tempFolder();
    const real = writePlugin(dir, 'linked', {
      'index.ts': 'export const handlers = { run: () => "linked" };',
      'index.test.ts': 'throw new Error("a test was loaded");',
    });
    const app = await open((folder) => symlinkSync(real, join(folder, 'link')));
    expect(await run(app, 'linked')).toBe('linked');
  });

  it('prefers the stand-in over a path alias of a parent tsconfig', async () => {
    const app = await open((folder) => {
      writeFileSync(
        join(folder, '..', 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { paths: { '@talos/shared/types': ['./trap.ts'], '~/*': ['./plugins/alias/lib/*'] } } }),
      );
      writeFileSync(join(folder, '..', 'trap.ts'), 'throw new Error("the trap was loaded"); export const x = 1;');
      writePlugin(folder, 'alias', {
        'index.ts': `import * as t from '@talos/shared/types'; import { y } from '~/y'; export const handlers = { run: () => [y, Object.keys(t).length].join() };`,
        'lib/y.ts': 'export const y = "aliased";',
      });
    });
    expect(await run(app, 'alias')).toMatch(/^aliased,/);
  });
});
