import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mcpb } from '../../../../adapters/mcpb/adapter.ts';
import { readManifest } from '../../../../adapters/mcpb/read/bundle.ts';
import { satisfies } from '../../../../adapters/mcpb/read/runtimes.ts';
import { expandArguments } from '../../../../adapters/mcpb/read/variables.ts';
import type { Entry, Source } from '../../../../src/core/contract/adapter.ts';
import type { Host } from '../../../../src/core/contract/host.ts';
import type { Manifest } from '../../../../src/core/contract/plugin.ts';
import { writeFolder } from '../../../support/folders.ts';
import { tempFolder } from '../../../support/temp.ts';

const NAMED = { manifest_version: '0.3', name: 'My Tools', version: '1.0.0', description: 'd', author: { name: 'a' } };
const text = (more: object) => ({ type: 'string', title: 't', description: 'd', ...more });

async function read(
  server: object,
  {
    more = {},
    entry = {},
    dir = tempFolder(),
    folder = 'bundle',
  }: { more?: object; entry?: Partial<Entry>; dir?: string; folder?: string } = {},
) {
  const path = writeFolder(join(dir, folder), { 'manifest.json': { ...NAMED, server, ...more } });
  const hidden: string[] = [];
  const host = { cacheDir: join(dir, 'cache'), hide: (secret: string) => void hidden.push(secret) } as unknown as Host;
  const whole: Entry = { settings: {}, credentials: {}, isolation: 'process', cwd: dir, env: {}, options: {}, ...entry };
  const [manifest] = (await mcpb.read({ path, root: dir, entry: whole }, host)) ?? [];
  const source = manifest?.yields?.[0] as Source;
  return {
    path,
    dir,
    hidden,
    manifest: manifest as Manifest,
    source,
    server: source.server as { command: string; args: string[]; env: Record<string, string>; cwd: string },
    problems: (manifest?.ignored ?? []).map(({ message }) => message),
  };
}

const config = (mcp_config: object, type = 'node') => ({ type, entry_point: 'x', mcp_config });

describe('recognising a bundle', { tags: ['mcp-bundles'] }, () => {
  const recognise = async (manifest: object) => {
    const dir = writeFolder(join(tempFolder(), 'it'), { 'manifest.json': manifest });
    const entry: Entry = { settings: {}, credentials: {}, isolation: 'process', cwd: dir, env: {}, options: {} };
    return mcpb.read({ path: dir, root: dir, entry }, { cacheDir: dir, hide: () => undefined } as unknown as Host);
  };

  it('takes either version key as a text, with an object "server"', async () => {
    const server = config({ command: 'a' });
    expect(await recognise({ name: 'a', manifest_version: '0.1', server })).toHaveLength(1);
    expect(await recognise({ name: 'a', dxt_version: '0.1', server })).toHaveLength(1);
    expect(await recognise({ name: 'a', manifest_version: '9.9', server })).toHaveLength(1);
  });

  it('leaves Talos plugins, browser extensions and web applications alone', async () => {
    for (const other of [
      { id: 'a', name: 'a', functions: [] },
      { manifest_version: 3, name: 'a', server: {} },
      { name: 'a', start_url: '/' },
      { name: 'a', manifest_version: '0.3' },
    ])
      expect(await recognise(other)).toBeNull();
  });

  it('needs a name and a command, and reads everything else leniently', () => {
    const parse = (manifest: object) => readManifest(JSON.stringify(manifest));
    expect(() => parse({ name: ' ', server: config({ command: 'a' }) })).toThrow('it has no "name"');
    expect(() => parse({ name: 'a' })).toThrow('it has no "server"');
    expect(() => parse({ name: 'a', server: { type: 'node', entry_point: 'x' } })).toThrow('no "mcp_config.command"');
    const odd = parse({
      name: 'a',
      server: config({ command: 'a', args: [1, true, null] }),
      id: 1,
      scripts: {},
      tools: [{}, 'x', { name: 't' }],
    });
    expect(odd.server.args).toEqual(['1', 'true']);
    expect(odd.tools).toEqual(['t']);
    expect(odd.problems.map(({ message }) => message)).toEqual([
      'manifest.json: keys that the format does not know are ignored: id, scripts.',
      'manifest.json: the version "" is unknown; it is read as the newest known one.',
    ]);
  });

  it('reads the older version key only where the newer one is absent or unknown', () => {
    const versionOf = (more: object) =>
      readManifest(JSON.stringify({ name: 'a', server: config({ command: 'a' }), ...more })).manifestVersion;
    expect(versionOf({ manifest_version: '0.2', dxt_version: '0.1' })).toBe('0.2');
    expect(versionOf({ manifest_version: '7', dxt_version: '0.1' })).toBe('0.1');
    expect(versionOf({ manifest_version: '7' })).toBe('7');
  });

  it('makes an id of any name', async () => {
    expect((await read(config({ command: 'a' }))).manifest.id).toBe('My-Tools');
  });
});

describe('the command of a bundle', { tags: ['mcp-bundles'] }, () => {
  it('fills in folders, and starts in the folder of the bundle', async () => {
    const { server, path } = await read(
      config({
        command: '${__dirname}/run',
        args: ['${HOME}|${DESKTOP}|${DOCUMENTS}|${DOWNLOADS}', 'a${pathSeparator}b${/}c'],
        env: { D: '${__dirname}' },
      }),
    );
    expect(server).toEqual({
      command: join(path, 'run'),
      args: [['', 'Desktop', 'Documents', 'Downloads'].map((name) => join(homedir(), name)).join('|'), `a${sep}b${sep}c`],
      env: { D: path },
      cwd: path,
    });
  });

  it('resolves a relative command with a slash against the bundle, and leaves a bare name to PATH', async () => {
    const relative = await read(config({ command: 'server/my-server' }, 'binary'));
    expect(relative.server.command).toBe(join(relative.path, 'server/my-server'));
    expect((await read(config({ command: 'no-such-program' }))).server.command).toBe('no-such-program');
  });

  it('lets a platform replace whole keys', async () => {
    const overrides = { [process.platform]: { env: { B: '2' } }, other: { command: 'no' } };
    const { server } = await read(config({ command: 'a-b', args: ['1'], env: { A: '1' }, platform_overrides: overrides }));
    expect(server).toMatchObject({ command: 'a-b', args: ['1'], env: { B: '2' } });
  });

  it('stands in for programs that are not on PATH', async () => {
    const nowhere = { PATH: '/nowhere' };
    expect((await read(config({ command: 'node', env: nowhere }))).server.command).toBe(process.execPath);
    expect((await read(config({ command: 'python', env: nowhere }, 'python'))).server.command).toBe('python');
    const bin = tempFolder();
    writeFolder(bin, { python3: '#!/bin/sh\n' });
    (await import('node:fs')).chmodSync(join(bin, 'python3'), 0o755);
    expect((await read(config({ command: 'python', env: { PATH: bin } }, 'python'))).server.command).toBe('python3');
  });

  it('starts uv without a command of its own, with its cache in the state, and says that it takes long', async () => {
    const { server, path, dir, problems } = await read({ type: 'uv', entry_point: 'src/server.py' });
    expect(server).toEqual({
      command: 'uv',
      args: ['run', '--directory', path, 'src/server.py'],
      env: { UV_CACHE_DIR: join(dir, 'cache', 'uv') },
      cwd: path,
    });
    expect(problems.join()).toContain('at the first start');
    expect((await read(config({ command: 'uv', env: { UV_CACHE_DIR: '/c' } }, 'uv'))).server.env).toEqual({ UV_CACHE_DIR: '/c' });
  });

  it('names files of its server that must be built first', async () => {
    const { problems } = await read(
      config({ command: 'bin/run', args: ['${__dirname}/dist/index.js', 'lib/x.py', '/elsewhere/y.js', 'z'] }),
    );
    expect(problems).toEqual(
      ['bin/run', 'dist/index.js', 'lib/x.py'].map((file) => `Its server starts ${file}, which does not exist: it must be built first.`),
    );
    const { problems: none } = await read(config({ command: 'a', args: ['manifest.json'] }));
    expect(none).toEqual([]);
  });

  it('leaves unknown references as they are, with a warning', async () => {
    const { server, problems } = await read(config({ command: 'a-b', args: ['${NOTHING}', '${user_config.none}'] }));
    expect(server.args).toEqual(['${NOTHING}', '${user_config.none}']);
    expect(problems).toEqual([
      'manifest.json: ${NOTHING} is not known here and stays as it is.',
      'manifest.json: ${user_config.none} is not known here and stays as it is.',
    ]);
  });

  it('is refused on another platform', async () => {
    const other = process.platform === 'win32' ? 'darwin' : 'win32';
    await expect(read(config({ command: 'a' }), { more: { compatibility: { platforms: [other] } } })).rejects.toThrow(
      `The bundle is for ${other} only, and this is ${process.platform}.`,
    );
    await read(config({ command: 'a' }), { more: { compatibility: { platforms: [other, process.platform] } } });
  });
});

describe('settings of a bundle', { tags: ['mcp-bundles'] }, () => {
  it('count with their default even if they are required', async () => {
    const { server, source } = await read(config({ command: 'a', args: ['--in=${user_config.dir}'] }), {
      more: { user_config: { dir: text({ required: true, default: '${HOME}/x' }) } },
    });
    expect(server.args).toEqual([`--in=${homedir()}/x`]);
    expect(source.needs).toBeUndefined();
  });

  it('leave nothing of an optional one that is not set', async () => {
    const { server, problems } = await read(
      config({
        command: 'a',
        args: ['${user_config.x}', '--y=${user_config.x}', 'z'],
        env: { X: '${user_config.x}', Y: 'a${user_config.x}', Z: '1' },
      }),
      { more: { user_config: { x: text({}) } } },
    );
    expect(server.args).toEqual(['--y=', 'z']);
    expect(server.env).toEqual({ Z: '1' });
    expect(problems).toEqual([]);
  });

  it('are needed if they are required and empty, and only their place can replace them', async () => {
    const user_config = {
      key: text({ required: true, sensitive: true }),
      list: text({ type: 'directory', multiple: true, required: true }),
      free: text({ required: true }),
    };
    const command = config({ command: 'a', args: ['${user_config.list}'], env: { KEY: '${user_config.key}' } });
    const { source, manifest } = await read(command, { more: { user_config }, entry: { settings: { list: [], free: '' } } });
    expect(source.needs).toEqual([
      { setting: 'list', at: ['args', '0'] },
      { setting: 'key', at: ['env', 'KEY'] },
      { setting: 'free', at: [] },
    ]);
    expect(manifest.settings).toEqual({
      type: 'object',
      required: ['key', 'list', 'free'],
      properties: {
        key: { type: 'string', title: 't', description: 'd', writeOnly: true },
        list: { type: 'array', items: { type: 'string', 'x-path': 'directory' }, title: 't', description: 'd', 'x-command': true },
        free: { type: 'string', title: 't', description: 'd' },
      },
    });
  });

  it('make several arguments of a list, and refuse one inside of a longer text', async () => {
    const user_config = { dirs: text({ type: 'directory', multiple: true }) };
    const dir = tempFolder();
    mkdirSync(join(dir, 'one'));
    const entry = { settings: { dirs: ['one', '/no/such'] } };
    const { server, problems } = await read(config({ command: 'a', args: ['-x', '${user_config.dirs}'] }), {
      more: { user_config },
      entry,
      dir,
    });
    expect(server.args).toEqual(['-x', join(dir, 'one'), '/no/such']);
    expect(problems).toEqual(['The setting "dirs" names /no/such, which does not exist.']);
    for (const place of [{ args: ['--d=${user_config.dirs}'] }, { env: { D: '${user_config.dirs}' } }])
      await expect(read(config({ command: 'a', ...place }), { more: { user_config }, entry, dir })).rejects.toThrow(
        '"${user_config.dirs}" is a list',
      );
  });

  it('go in unchanged, whatever they hold', async () => {
    const odd = "$& $1 $' ${HOME} ${user_config.b} $$";
    const { server, path } = await read(
      config({ command: 'a', args: ['${user_config.a}', '${__dirname}'], env: { A: 'x${user_config.a}' } }),
      {
        more: { user_config: { a: text({}), b: text({ default: 'no' }) } },
        entry: { settings: { a: odd } },
        folder: 'ext $& dir',
      },
    );
    expect(server.args).toEqual([odd, path]);
    expect(path).toContain('ext $& dir');
    expect(server.env).toEqual({ A: `x${odd}` });
  });

  it('are found by their exact key', async () => {
    const { server } = await read(config({ command: 'a', args: ['${user_config.a.b}', '${user_config.axb}'] }), {
      more: { user_config: { 'a.b': text({ default: 'dot' }), axb: text({ default: 'x' }) } },
    });
    expect(server.args).toEqual(['dot', 'x']);
  });

  it('write booleans and numbers as texts, also those of the environment', async () => {
    const user_config = { on: text({ type: 'boolean' }), n: text({ type: 'number', min: 1, max: 9 }) };
    const at = (settings: object) =>
      read(config({ command: 'a', args: ['${user_config.on}', '${user_config.n}'] }), {
        more: { user_config },
        entry: { settings: settings as Entry['settings'] },
      });
    expect((await at({ on: false, n: 2.5 })).server.args).toEqual(['false', '2.5']);
    expect((await at({ on: 'true', n: '7' })).server.args).toEqual(['true', '7']);
    for (const [bad, why] of [
      [{ n: 0 }, 'is below 1'],
      [{ n: 10 }, 'is above 9'],
      [{ n: 'x' }, 'is not a number'],
      [{ on: 'yes' }, 'is neither true nor false'],
      [{ on: { a: 1 } }, 'is neither true nor false'],
    ] as const) {
      const { source, problems } = await at(bad);
      expect(problems.join()).toContain(why);
      // A wrong value never counts as none.
      expect(source.needs).toHaveLength(1);
    }
  });

  it('are masked if they are secrets, marked or not', async () => {
    const { hidden, server } = await read(
      config({ command: 'a', env: { A: '${user_config.a}', T: '${user_config.api_token}', P: '${user_config.p}' } }),
      {
        more: { user_config: { a: text({ sensitive: true }), api_token: text({}), p: text({}) } },
        entry: { credentials: { a: 'secret-a' }, settings: { api_token: 'secret-t', p: 'plain' } },
      },
    );
    expect(hidden).toEqual(['secret-a', 'secret-t']);
    expect(server.env).toEqual({ A: 'secret-a', T: 'secret-t', P: 'plain' });
  });
});

describe('runtimes and prompts of a bundle', { tags: ['mcp-bundles'] }, () => {
  it.each([
    ['20.19.0', '>=16.0.0', true],
    ['20.19.0', '>=18 <20', false],
    ['20.19.0', '>=18,<21', true],
    ['20.19.0', '>= 18, < 20', false],
    ['20.19.0', '^18 || ^20.10', true],
    ['20.19.0', '~20.18', false],
    ['20.19.0', '20.x', true],
    ['20.19.0', '*', true],
    ['20.19.0', '<=20', true],
    ['20.19.0', 'newest', undefined],
  ])('%s in %s: %s', (version, range, is) => expect(satisfies(version, range)).toBe(is));

  it('warns of a Node that does not fit', async () => {
    const { problems } = await read(config({ command: 'node' }), {
      more: { compatibility: { runtimes: { node: '>=99', python: 'some' } } },
    });
    expect(problems).toEqual([
      'manifest.json: the range "some" of python cannot be read and is ignored.',
      `The bundle asks for Node >=99; the gateway runs on ${process.versions.node}.`,
    ]);
  });

  it('fills in the arguments of a prompt in one pass', () => {
    const fill = (given: Record<string, string>) => expandArguments('${arguments.a}-${arguments.b}-${arguments.c}', ['a', 'b'], given);
    expect(fill({ a: '${arguments.b}$&', b: '1' })).toBe('${arguments.b}$&-1-${arguments.c}');
    expect(fill({})).toBe('--${arguments.c}');
  });
});
