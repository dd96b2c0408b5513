import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ethos } from '../../dist/adapters/ethos/adapter.js';
import { talos } from '../../dist/adapters/talos/adapter.js';
import { openApp, textOf } from '../support/app.ts';
import { runTool, writeEthos, writeFiles } from '../support/ethos.ts';
import { writePackage, writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// Runs printed fixes literally: npm runs as shown, with local packages instead of the registry's.

const PACKAGE = "module.exports = { activate: () => undefined, text: 'it is there' };";

/** Runs the commands of a fix; packages come from a folder. */
function follow(fix: string | undefined): void {
  const made = tempFolder();
  for (const command of (fix ?? '').replace(/ \(.*\)$/, '').split(' && ')) {
    const [program, ...words] = command.split(' ');
    expect(program).toBe('npm');
    const at = words.indexOf('--prefix') + 2;
    const packages = words.slice(at).map((name) => {
      if (words[0] === 'rebuild') return name;
      writePackage(made, name, { 'index.js': PACKAGE }, { ethos: { type: 'plugin', pluginContractMajor: 4 } });
      return join(made, 'node_modules', name);
    });
    const flags = words[0] === 'rebuild' ? [] : ['--offline', '--install-links', '--no-audit', '--no-fund'];
    const { status, stderr } = spawnSync('npm', [...words.slice(0, at), ...flags, ...packages], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('ERR')]);
  }
}

const TALOS = (code: string): string => `${code} export const handlers = { run: () => found.text };`;
const STATIC = TALOS("import found from 'wanted-package';");

const FROM_HOST = TALOS(
  "import { createRequire } from 'node:module'; import { fileURLToPath } from 'node:url'; import { dirname, join } from 'node:path'; const found = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../apps/server/package.json'))('wanted-package');",
);

interface Kind {
  prepare(dir: string): void;
  /** Path of mcp.json. */
  readonly entry: object;
  /** Folder named by the fix, relative to the test's folder. */
  readonly place: string;
}

// The error that node-gyp-build throws for its folder.
const NO_BUILD =
  "throw new Error('No native build was found for platform=linux arch=x64 runtime=node abi=115\\n    loaded from: ' + __dirname + '\\n')";
/** Files of a package with a native part, which `load` fails to load until its install script has run. */
const nativeFiles = (load: string): Record<string, string> => ({
  'part.cjs': `if (!require('node:fs').existsSync(__dirname + '/built')) { ${load} } ${PACKAGE}`,
  'part.node': 'no program of any machine',
  'make.cjs': "require('node:fs').writeFileSync('built', '');",
});
const BUILT = { scripts: { install: 'node make.cjs' } };

const talosFile = (code: string) => (dir: string) => void writePlugin(dir, 'p', { 'index.ts': code });

function native(load: string, around: Readonly<Record<string, string>> = {}): Kind {
  return {
    prepare(dir) {
      writePlugin(dir, 'p', { 'index.ts': TALOS("import found from 'wanted-package';"), ...around });
      writePackage(join(dir, 'p'), 'wanted-package', nativeFiles(load), { main: 'part.cjs', ...BUILT });
    },
    entry: { path: './p' },
    place: 'p',
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  'an import of a Talos plugin': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': STATIC }),
    entry: { path: './p' },
    place: 'p',
  },
  'an import of a file below a Talos plugin': {
    prepare: (dir) =>
      void writePlugin(dir, 'p', {
        'index.ts': TALOS("import found from './lib/found';"),
        'lib/found.ts': "export { default } from 'wanted-package';",
      }),
    entry: { path: './p' },
    place: 'p',
  },
  'an import of plain JavaScript': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.mjs': STATIC }),
    entry: { path: './p' },
    place: 'p',
  },
  'an import on demand': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': TALOS("const found = (await import('wanted-package')).default;") }),
    entry: { path: './p' },
    place: 'p',
  },
  'require() in a bundled file': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': TALOS("const found = require('wanted-package');") }),
    entry: { path: './p' },
    place: 'p',
  },
  'what is required only when the plugin is initialised': {
    prepare: (dir) =>
      void writePlugin(dir, 'p', {
        'index.ts': TALOS(
          "import { createRequire } from 'node:module'; let found; export function init() { found = createRequire(import.meta.url)('wanted-package'); }",
        ),
      }),
    entry: { path: './p' },
    place: 'p',
  },
  "createRequire() from the folder of the plugin's host": {
    prepare(dir) {
      writeFiles(dir, { 'root/apps/server/package.json': '{"name":"server"}' });
      writePlugin(join(dir, 'root/plugins'), 'p', { 'index.ts': FROM_HOST });
    },
    entry: { path: './root/plugins/p' },
    place: 'root/apps/server',
  },
  'createRequire() from a folder that does not exist': {
    prepare: (dir) => void writePlugin(join(dir, 'root/plugins'), 'p', { 'index.ts': FROM_HOST }),
    entry: { path: './root/plugins/p' },
    place: 'root/apps/server',
  },
  'createRequire() with a root of its host': {
    prepare(dir) {
      writeFiles(dir, { 'host/apps/server/package.json': '{"name":"server"}' });
      writePlugin(dir, 'p', { 'index.ts': FROM_HOST });
    },
    entry: { path: './p', hostRoot: './host' },
    place: 'host/apps/server',
  },
  'an import with a root of its host': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': STATIC }),
    entry: { path: './p', hostRoot: './host' },
    place: 'host/apps/server',
  },
  'an import with extra roots': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': STATIC }),
    entry: { path: './p', moduleRoots: ['./roots'] },
    place: 'roots',
  },
  'an import with extra roots, where the plugin itself names the package': {
    prepare: (dir) => void writePlugin(dir, 'p', { 'index.ts': STATIC, 'package.json': '{"dependencies":{"wanted-package":"*"}}' }),
    entry: { path: './p', moduleRoots: ['./roots'] },
    place: 'p',
  },
  'an import of a package': {
    prepare(dir) {
      writePlugin(dir, 'p', { 'index.ts': TALOS("import found from 'between';"), 'package.json': '{"dependencies":{"between":"*"}}' });
      writePackage(join(dir, 'p'), 'between', { 'index.js': "module.exports = require('wanted-package');" });
    },
    entry: { path: './p' },
    place: 'p',
  },
  'an import of an entry below the folder of package.json': {
    prepare: (dir) => writeEthos(dir, 'p', { 'src/index.ts': "import found from 'wanted-package';\nexport const activate = () => found;" }),
    entry: { path: './p' },
    place: 'p',
  },
  'an import of an entry file that is named by itself': {
    prepare: (dir) =>
      writeEthos(dir, 'p', {
        'src/main.ts': "import found from 'wanted-package';\nexport const activate = (api) => api.registerTool(found);",
      }),
    entry: { path: './p/src/main.ts', format: 'ethos' },
    place: 'p',
  },
  'a package that is a plugin': {
    prepare: () => undefined,
    entry: { package: 'wanted-package' },
    place: '.',
  },
  'a native part that was never built': native("throw new Error('Could not locate the bindings file. Tried: x')"),
  'a native part of which node-gyp-build finds no build': native(NO_BUILD),
  'a native part that was built for another machine': native("require('./part.node')"),
  'a native part that was never built, where a project leaves out scripts': native(NO_BUILD, { '.npmrc': 'ignore-scripts=true' }),
};

// npm is slow on a busy machine.
describe('the fix for a missing package', { timeout: 180_000 }, () => {
  it.each(Object.entries(KINDS))('fixes %s', { tags: ['fix-mends', 'package-missing'] }, async (_, { prepare, entry, place }) => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'p'), { recursive: true });
    prepare(dir);
    const config = { plugins: { p: entry }, state: './state' };
    const before = await openApp([talos, ethos], config, dir);
    await before.instance.registry.start();
    const [plugin] = before.instance.registry.plugins();
    expect([plugin?.state, plugin?.error?.message]).toEqual(['failed', expect.stringContaining('wanted-package')]);
    expect([...before.instance.registry.catalogue().tools.keys()]).toEqual([]);
    expect(plugin?.error?.fix).toContain(` --prefix ${join(dir, place)} wanted-package`);
    await before.close();
    follow(plugin?.error?.fix);
    const after = await openApp([talos, ethos], config, dir);
    await after.instance.registry.start();
    const { error } = after.instance.registry.plugins()[0] ?? {};
    // Some of these packages are not plugins and now fail for another reason.
    expect(error?.message ?? '').not.toMatch(/not installed|not built/);
    if (!('format' in entry)) expect(after.instance.registry.plugins()[0]?.state).toBe('ready');
  });

  it.each([
    ['pnpm-lock.yaml', { 'wanted-package': '^1.0.0' }, (place: string) => `npx pnpm --dir ${place} install --ignore-scripts`],
    ['pnpm-lock.yaml', {}, (place: string) => `npx pnpm --dir ${place} add --ignore-scripts wanted-package`],
    ['yarn.lock', {}, (place: string) => `npx yarn --cwd ${place} add wanted-package`],
  ])('uses the package manager of the project if npm cannot read it (%s)', { tags: ['fix-mends'] }, async (lock, more, command) => {
    const dir = tempFolder();
    writeFiles(dir, {
      [`root/${lock}`]: '',
      'root/apps/server/package.json': JSON.stringify({ dependencies: { '@talos/shared': 'workspace:*', ...more } }),
    });
    writePlugin(join(dir, 'root/plugins'), 'p', { 'index.ts': FROM_HOST });
    const app = await openApp([talos], { plugins: { p: { path: './root/plugins/p' } } }, dir);
    await app.instance.registry.start();
    expect(app.instance.registry.plugins()[0]?.error?.fix).toBe(command(join(dir, 'root/apps/server')));
  });

  it('builds the native part of a plugin itself', { tags: ['fix-mends'] }, async () => {
    const dir = tempFolder();
    const own = { 'binding.gyp': '{}', 'package.json': JSON.stringify({ name: 'p', ...BUILT }) };
    writePlugin(dir, 'p', { 'index.ts': TALOS("import found from './part.cjs';"), ...nativeFiles(NO_BUILD), ...own });
    const config = { plugins: { p: { path: './p' } } };
    const before = await openApp([talos], config, dir);
    await before.instance.registry.start();
    const error = before.instance.registry.plugins()[0]?.error;
    expect(error?.message).toContain(`The native addon of ${join(dir, 'p')} was not built for this machine`);
    expect(error?.fix).toContain(`npm install --ignore-scripts=false --prefix ${join(dir, 'p')} (`);
    await before.close();
    follow(error?.fix);
    const after = await openApp([talos], config, dir);
    await after.instance.registry.start();
    expect(after.instance.registry.plugins()[0]).toMatchObject({ state: 'ready' });
  });

  const LATE = "import { createRequire } from 'node:module'; const load = createRequire(import.meta.url);";
  it.each([
    ['require() of a Talos plugin', 'p_run', talosFile(`${LATE} export const handlers = { run: () => load('wanted-package').text };`)],
    [
      'import() of a Talos plugin',
      'p_run',
      talosFile("export const handlers = { run: async () => (await import('wanted-package')).default.text };"),
    ],
    [
      'a constructor of a Talos plugin',
      'p_run',
      talosFile(
        `${LATE} class Db { constructor() { this.text = load('wanted-package').text; } } export const handlers = { run: () => new Db().text };`,
      ),
    ],
    [
      'import() of an Ethos plugin',
      'run',
      (dir: string) => writeEthos(dir, 'p', { 'src/index.ts': runTool("return (await import('wanted-package')).default.text;") }),
    ],
  ])('fixes a native part that a call loads (%s)', { tags: ['fix-mends'] }, async (_, tool, prepare) => {
    const dir = tempFolder();
    prepare(dir);
    writePackage(join(dir, 'p'), 'wanted-package', nativeFiles(NO_BUILD), { main: 'part.cjs', ...BUILT });
    const config = { plugins: { p: { path: './p' } } };
    const before = await openApp([talos, ethos], config, dir);
    await before.instance.registry.start();
    const failed = await before.call(tool);
    expect(failed.isError).toBe(true);
    expect(textOf(failed)).toContain('The native addon of wanted-package was not built for this machine: No native build was found');
    expect(textOf(failed)).toContain('npm rebuild --ignore-scripts=false --prefix p wanted-package');
    const said = 'was not built for this machine: No native build was found';
    await before.logged(said);
    const fix = before.lines.find(({ level, message }) => level === 'warn' && message.includes(said))?.message.replace(/^.*?(?=npm )/s, '');
    expect(fix).toContain(` --prefix ${join(dir, 'p')} wanted-package`);
    await before.close();
    follow(fix);
    const after = await openApp([talos, ethos], config, dir);
    expect(textOf(await after.call(tool))).toBe('it is there');
  });

  it('names the package that start() of a Talos plugin loads', { tags: ['fix-mends'] }, async () => {
    const dir = tempFolder();
    writePlugin(dir, 'p', {
      'index.ts': "export const start = () => require('wanted-package'); export const handlers = { run: () => 'fine' };",
    });
    writePackage(join(dir, 'p'), 'wanted-package', nativeFiles(NO_BUILD), { main: 'part.cjs', ...BUILT });
    const app = await openApp([talos], { plugins: { p: { path: './p' } } }, dir);
    await app.instance.registry.start();
    const [problem] = app.instance.registry.plugins()[0]?.problems ?? [];
    expect(problem?.message).toContain('start() failed: The native addon of wanted-package was not built');
    expect(problem?.fix).toContain(`--prefix ${join(dir, 'p')} wanted-package`);
  });

  it('names both folders if two imports are resolved from different ones', { tags: ['fix-mends'] }, async () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'shared'));
    writeFileSync(join(dir, 'shared/more.ts'), "import more from 'further-package';\nexport const text = more.text;");
    writePlugin(dir, 'p', { 'index.ts': TALOS("import found from 'wanted-package'; import '../shared/more';") });
    const app = await openApp([talos], { plugins: { p: { path: './p' } } }, dir);
    await app.instance.registry.start();
    const fix = app.instance.registry.plugins()[0]?.error?.fix;
    await app.close();
    follow(fix);
    const after = await openApp([talos], { plugins: { p: { path: './p' } } }, dir);
    await after.instance.registry.start();
    expect(after.instance.registry.plugins()[0]).toMatchObject({ state: 'ready' });
  });
});

describe('a Talos plugin with a missing package', { tags: ['package-missing'] }, () => {
  it('is never listed, and another plugin of its process is served', async () => {
    const dir = tempFolder();
    const folder = join(dir, 'plugins');
    mkdirSync(folder);
    writePlugin(folder, 'needy', { 'index.ts': STATIC });
    writePlugin(folder, 'fine', { 'index.ts': "export const handlers = { run: () => 'fine' };" });
    const app = await openApp([talos], { pluginFolders: ['./plugins'] }, dir);
    const seen = new Set<string>();
    const states = new Set<string | undefined>();
    const look = (): void => {
      for (const name of app.instance.registry.catalogue().tools.keys()) seen.add(name);
      states.add(app.instance.registry.plugins().find(({ id }) => id === 'needy')?.state);
    };
    app.instance.registry.onChange(look);
    look();
    await app.instance.registry.whenListed(20_000, 'first');
    look();
    await app.instance.registry.start();
    look();
    expect([...seen]).toEqual(['fine_run']);
    expect(states).not.toContain('ready');
    expect(states).toContain('failed');
  });
});
