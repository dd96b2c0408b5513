import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folders } from '../../../dist/adapters/folders/adapter.js';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { mcpb } from '../../../dist/adapters/mcpb/adapter.js';
import { skills } from '../../../dist/adapters/skills/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { SERVER, type Told, writeFolder } from '../../support/folders.ts';
import { tempFolder } from '../../support/temp.ts';
import { writeZip, type ZipEntry } from '../../support/zip.ts';

// Bundles from the file to the call of a tool.

const ADAPTERS = [folders, mcpb, skills, mcp];
const MANIFEST = {
  manifest_version: '0.3',
  name: 'Told It',
  version: '1.2.3',
  description: 'tells',
  author: { name: 'a' },
  server: {
    type: 'node',
    entry_point: 'server/index.cjs',
    mcp_config: { command: 'node', args: ['${__dirname}/server/index.cjs', '${user_config.dirs}'], env: { KEY: '${user_config.key}' } },
  },
  user_config: {
    dirs: { type: 'directory', title: 'Folders', description: 'd', multiple: true },
    key: { type: 'string', title: 'Key', description: 'The key of the service', sensitive: true, required: true },
  },
  tools: [{ name: 'told' }, { name: 'gone' }],
  prompts: [{ name: 'Say it', description: 'says', arguments: ['what'], text: 'Say ${arguments.what}!' }],
};
const FILES: readonly ZipEntry[] = [
  { name: 'manifest.json', content: JSON.stringify(MANIFEST) },
  { name: 'server/', mode: 0o040755 },
  { name: 'server/index.cjs', content: SERVER },
];

async function open(plugins: object, dir = tempFolder()): Promise<TestApp> {
  const app = await openApp(ADAPTERS, { plugins }, dir);
  await app.instance.registry.start();
  return app;
}

const toldBy = async (app: TestApp): Promise<Told> => JSON.parse(textOf(await app.call('told'))) as Told;
const unpackedIn = (dir: string): string[] => {
  const root = join(dir, '.plugmux', 'cache', 'bundles');
  return existsSync(root) ? readdirSync(root).filter((name) => !name.endsWith('.json')) : [];
};
const problemsOf = ({ instance }: TestApp, id: string): string[] => {
  const { error, problems = [] } = instance.plugins().find((plugin) => plugin.id === id) ?? {};
  return [...(error ? [error.message] : []), ...problems.map(({ message }) => message)];
};

describe('a bundle', { tags: ['mcp-bundles'] }, () => {
  it('as a folder serves its server with its settings, and its prompts', async () => {
    const dir = tempFolder();
    const path = writeFolder(join(dir, 'bundle'), { 'manifest.json': MANIFEST, 'server/index.cjs': SERVER });
    const app = await open({ it: { path, settings: { dirs: ['/tmp', dir] }, credentials: { key: 'hidden-key' } } }, dir);
    const { args, cwd, env } = await toldBy(app);
    expect({ args, cwd, key: env.KEY }).toEqual({ args: ['/tmp', dir], cwd: path, key: 'hidden-key' });
    const [plugin, server] = app.instance.plugins();
    expect([plugin?.id, plugin?.title, plugin?.version, plugin?.state]).toEqual(['it', undefined, '1.2.3', 'ready']);
    expect([server?.id, server?.state]).toEqual(['it.server', 'ready']);
    const prompt = app.instance.registry.catalogue().prompts.get('Say_it');
    expect(await prompt?.prompt.get({ what: '$&' }, {} as never)).toMatchObject({ messages: [{ content: { text: 'Say $&!' } }] });
    const checked = await app.instance.registry.check();
    expect(checked.get('it')?.map(({ message }) => message)).toEqual([
      'Its manifest declares tools that its server does not list: gone.',
      'Its server lists tools that its manifest does not declare: other.',
    ]);
  });

  it('without a required setting names it, hides only the server, and unpacks nothing', async () => {
    const dir = tempFolder();
    const path = writeZip(join(dir, 'it.mcpb'), FILES);
    const app = await open({ it: { path } }, dir);
    expect(Object.fromEntries(app.instance.plugins().map(({ id, state }) => [id, state]))).toEqual({
      it: 'ready',
      'it.server': 'needs-config',
    });
    expect(problemsOf(app, 'it.server')).toEqual(['It uses "key" of the plugin "it", which is not set.']);
    expect(app.instance.registry.catalogue().prompts.has('Say_it')).toBe(true);
    expect(unpackedIn(dir)).toEqual([]);
  });

  it('packed is unpacked once into the state, and again only if it changes', async () => {
    const dir = tempFolder();
    const path = writeZip(join(dir, 'it.mcpb'), FILES);
    const app = await open({ it: { path, credentials: { key: 'k' } } }, dir);
    const first = await toldBy(app);
    const [folder = ''] = unpackedIn(dir);
    expect(first.cwd).toBe(join(dir, '.plugmux', 'cache', 'bundles', folder));
    expect(readdirSync(dir).sort()).toEqual(['.plugmux', 'it.mcpb', 'mcp.json']);
    const before = statSync(join(first.cwd, 'server/index.cjs')).ino;
    await app.close();
    // The same bytes at another time are the same bundle.
    utimesSync(path, 1, 1);
    const again = await open({ it: { path, credentials: { key: 'k' } } }, dir);
    expect(statSync(join((await toldBy(again)).cwd, 'server/index.cjs')).ino).toBe(before);
    writeZip(path, [...FILES, { name: 'more.txt', content: 'more' }]);
    await again.reconfigure({ plugins: { it: { path, credentials: { key: 'k' } } } });
    await again.instance.registry.start();
    const changed = await toldBy(again);
    expect(changed.cwd).not.toBe(first.cwd);
    expect(existsSync(join(changed.cwd, 'more.txt'))).toBe(true);
  });

  it('made by another tool, with a signature behind it, is opened and its signer named', async () => {
    const dir = tempFolder();
    const files = writeFolder(join(dir, 'files'), { 'manifest.json': MANIFEST, 'server/index.cjs': SERVER });
    const path = join(dir, 'it.mcpb');
    execFileSync('python3', ['-c', 'import shutil,sys; shutil.make_archive(sys.argv[1],"zip",sys.argv[2])', path, files]);
    const zip = `${path}.zip`;
    // Made by OpenSSL, of other bytes: nothing is verified.
    const signature = Buffer.from(readFileSync(new URL('../../fixtures/mcpb/signature.txt', import.meta.url), 'latin1'), 'base64');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(signature.length);
    writeFileSync(path, Buffer.concat([readFileSync(zip), Buffer.from('MCPB_SIG_V1'), length, signature, Buffer.from('MCPB_SIG_END')]));
    const app = await open({ it: { path, credentials: { key: 'k' } } }, dir);
    expect((await toldBy(app)).env.KEY).toBe('k');
    expect(problemsOf(app, 'it').join()).toContain('signed by "Some Signer", not verified');
  });

  it('inside of another plugin is a server of that one, with settings below its name', async () => {
    const dir = tempFolder();
    const path = writeFolder(join(dir, 'outer'), {
      '.claude-plugin/plugin.json': { name: 'outer', mcpServers: ['./it.mcpb', 'https://example.com/x.mcpb'] },
    });
    writeZip(join(path, 'it.mcpb'), FILES);
    const app = await open({ outer: { path } }, dir);
    const states = Object.fromEntries(app.instance.plugins().map(({ id, state }) => [id, state]));
    expect(states).toEqual({ outer: 'ready', 'outer.it': 'ready', 'outer.it.server': 'needs-config' });
    const missing = app.instance.plugins().at(-1)?.error;
    expect(missing?.fix).toContain('{ "outer": { "servers": { "it": { "settings": { "key":');
    expect(problemsOf(app, 'outer').join()).toContain('https://example.com/x.mcpb is an address; plugmux downloads no plugins');
    await app.reconfigure({ plugins: { outer: { path, servers: { it: { settings: { key: 'inner' } } } } } });
    await app.instance.registry.start();
    expect((await toldBy(app)).env.KEY).toBe('inner');
  });

  it('found in a plugin folder is claimed by its ending', async () => {
    const dir = tempFolder();
    writeFolder(join(dir, 'found'), { 'readme.txt': 'x' });
    writeZip(join(dir, 'found', 'a.dxt'), FILES);
    const app = await openApp(ADAPTERS, { pluginFolders: ['./found'] }, dir);
    expect(app.instance.plugins().map(({ id }) => id)).toEqual(['Told-It', 'Told-It.server']);
  });

  it('whose program is not there names it and the PATH', async () => {
    const dir = tempFolder();
    const server = { type: 'binary', entry_point: 'x', mcp_config: { command: 'no-such-program-1' } };
    const path = writeFolder(join(dir, 'bundle'), { 'manifest.json': { ...MANIFEST, user_config: {}, server } });
    const app = await open({ it: { path } }, dir);
    const { error } = app.instance.plugins().at(-1) ?? {};
    expect(error?.message).toContain('the program "no-such-program-1" was not found');
    expect(error?.fix).toContain(`Its PATH is ${process.env.PATH}`);
  });
});

describe('an archive', { tags: ['mcp-bundles'] }, () => {
  const failing = async (entries: readonly ZipEntry[], tail?: Buffer): Promise<{ text: string; dir: string }> => {
    const dir = tempFolder();
    const path = writeZip(join(dir, 'it.mcpb'), entries, tail);
    const app = await open({ it: { path, credentials: { key: 'k' } } }, dir);
    return { text: [...problemsOf(app, 'it'), ...problemsOf(app, 'it.server')].join('\n'), dir };
  };
  const link = 0o120777;

  it.each<[string, ZipEntry, string]>([
    ['a path that leaves it', { name: '../out.txt' }, 'invalid relative path'],
    ['a path that leaves it further below', { name: 'a/../../out.txt' }, 'invalid relative path'],
    ['an absolute path', { name: '/tmp/out.txt' }, 'absolute path'],
    ['a drive', { name: 'C:/out.txt' }, 'absolute path'],
    ['a backslash', { name: 'a\\..\\out.txt' }, 'invalid characters'],
    ['an empty part', { name: 'a//b' }, 'is not a path inside of it'],
    ['a control character', { name: 'a\u0007b' }, 'is not a path inside of it'],
    ['a line end', { name: 'a\nb' }, 'is not a path inside of it'],
    ['a link', { name: 'a', content: '/etc/passwd', mode: link }, 'is a link or a device'],
    ['a device', { name: 'a', mode: 0o020666 }, 'is a link or a device'],
    ['a folder that is a file', { name: 'a/', mode: 0o100644 }, 'is a file and a folder at once'],
    ['a name twice', { name: 'server/index.cjs' }, 'it has "server/index.cjs" twice'],
    ['a name that differs by case alone', { name: 'Server/INDEX.cjs' }, 'it has "Server/INDEX.cjs" twice'],
    ['a file below a file', { name: 'manifest.json/x' }, 'lies below a file'],
    ['an encrypted file', { name: 'a', flags: 0x801 }, 'is encrypted'],
    ['an unknown method', { name: 'a', method: 12 }, 'unknown method'],
    ['too long a name', { name: 'x'.repeat(256) }, 'a name of more than 255 bytes'],
    ['too deep a path', { name: `${'a/'.repeat(70)}b` }, 'is deeper than 64 folders'],
    ['more than it says', { name: 'a', content: 'x'.repeat(100_000), size: 10 }, 'cannot be unpacked'],
    ['less than it says', { name: 'a', content: 'x', size: 10 }, 'cannot be unpacked'],
    ['a wrong sum', { name: 'a', content: 'x', crc: 1 }, 'is damaged'],
    ['a bomb', { name: 'a', content: Buffer.alloc(17 * 1024 * 1024) }, 'more than 200 times its size'],
    ['a size beyond the limit', { name: 'a', content: 'x', size: 1024 * 1024 * 1024 }, 'unpacks to more than 1073741824 bytes'],
  ])('with %s is refused whole', async (_, entry, why) => {
    const { text, dir } = await failing([...FILES, entry]);
    expect(text).toContain('The bundle was rejected: ');
    expect(text).toContain(why);
    expect(unpackedIn(dir)).toEqual([]);
    expect(existsSync(join(dir, 'out.txt'))).toBe(false);
  });

  it('whose entries share their bytes is refused', async () => {
    const many = Array.from({ length: 50 }, (_, i): ZipEntry => ({ name: `a${i}`, content: SERVER, overlaps: i > 0 }));
    expect((await failing([...FILES, ...many])).text).toContain('its entries overlap');
  });

  it.each([
    ['without a manifest', FILES.slice(1), 'it has no manifest.json in its root'],
    ['with a manifest below a folder', FILES.map((one) => ({ ...one, name: `x/${one.name}` })), 'it has no manifest.json in its root'],
  ])('%s is refused', async (_, entries, why) => expect((await failing(entries)).text).toContain(why));

  it('that is none is refused', async () => {
    const dir = tempFolder();
    const path = join(dir, 'it.mcpb');
    writeFileSync(path, 'not a zip');
    expect(problemsOf(await open({ it: { path } }, dir), 'it').join()).toContain('it is not a zip archive');
  });

  it('keeps permissions, never those for others to write, and makes the program executable', async () => {
    const dir = tempFolder();
    const script = `#!${process.execPath}\n${SERVER}`;
    const manifest = {
      ...MANIFEST,
      user_config: {},
      server: { type: 'binary', entry_point: 'bin/run', mcp_config: { command: 'bin/run' } },
    };
    const path = writeZip(join(dir, 'it.mcpb'), [
      { name: 'manifest.json', content: JSON.stringify(manifest), mode: 0 },
      { name: 'bin/run', content: script, mode: 0 },
      { name: 'tool', content: 'x', mode: 0o104777 },
      { name: 'secret', content: 'x', mode: 0o100000 },
    ]);
    const { cwd } = await toldBy(await open({ it: { path } }, dir));
    const modeOf = (name: string): number => statSync(join(cwd, name)).mode & 0o7777;
    expect([modeOf('bin/run') & 0o100, modeOf('tool') & 0o7022, modeOf('tool') & 0o111, modeOf('secret')]).toEqual([
      0o100, 0, 0o111, 0o600,
    ]);
  });
});
