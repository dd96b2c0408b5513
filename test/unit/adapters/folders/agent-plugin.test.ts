import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverFault } from '../../../../adapters/folders/dialects/agent-plugin-server.ts';
import { writeFolder } from '../../../support/folders.ts';
import { readFolder } from '../../../support/read-folder.ts';
import { tempFolder } from '../../../support/temp.ts';

// Each MUST of the Agent Plugins standard 1.0 that concerns who loads plugins.

const SCHEMA = 'https://agent-plugins.org/schemas/1.0.0/plugin.schema.json';
const MCP = 'https://agent-plugins.org/schemas/1.0.0/mcp.schema.json';
const NAMED = { $schema: SCHEMA, name: 'a.plugin-1' };
const read = (manifest: object, more: Readonly<Record<string, string | object>> = {}) => readFolder({ 'plugin.json': manifest, ...more });
const withServers = (servers: object, more: Readonly<Record<string, string | object>> = {}) =>
  read(NAMED, { 'mcp.json': { $schema: MCP, mcpServers: servers }, ...more });

describe('the manifest of the standard', { tags: ['agent-plugins'] }, () => {
  it.each([
    ['another version', { ...NAMED, $schema: SCHEMA.replace('1.0.0', '1.1.0') }, /names version 1\.1\.0/],
    ['no name', { $schema: SCHEMA }, /"name" must be 1 to 64/],
    ['capital letters', { ...NAMED, name: 'Plugin' }, /"name"/],
    ['two hyphens', { ...NAMED, name: 'a--b' }, /"name"/],
    ['two dots', { ...NAMED, name: 'a..b' }, /"name"/],
    ['a hyphen first', { ...NAMED, name: '-a' }, /"name"/],
    ['65 characters', { ...NAMED, name: 'a'.repeat(65) }, /"name"/],
    ['a number as version', { ...NAMED, version: 1 }, /"version" is not a text/],
    ['a text as author', { ...NAMED, author: 'me' }, /"author" is not an object/],
    ['an author with another key', { ...NAMED, author: { name: 'me', phone: '1' } }, /"author" has "phone"/],
    ['an author with a number', { ...NAMED, author: { name: 1 } }, /"author" has "name"/],
    ['keywords that are no texts', { ...NAMED, keywords: [1] }, /"keywords" is not a list/],
  ])('rejects the plugin: %s', async (_, manifest, why) => {
    await expect(read(manifest, { 'mcp.json': { $schema: MCP, mcpServers: {} } })).rejects.toThrow(why);
  });

  it('names file, line and column of a fault', async () => {
    await expect(read({ ...NAMED, version: 1 })).rejects.toThrow(/^plugin\.json:4:3: /);
  });

  it.each([['a'], ['acme.tools'], ['lint3r'], ['my-plugin']])('takes the name %s', async (name) => {
    expect((await read({ ...NAMED, name })).manifest.id).toBe(name);
  });

  it('reports unknown keys and extensions of another type, and loads', async () => {
    const { problems, manifest } = await read({
      ...NAMED,
      extra: true,
      extensions: 'none',
      version: 'any',
      homepage: 'not an address',
      license: '?',
    });
    expect(problems).toEqual([
      'plugin.json:4:3: the key "extra" is unknown and is ignored.',
      'plugin.json:5:3: "extensions" is not an object and is ignored.',
    ]);
    expect(manifest).toMatchObject({ id: 'a.plugin-1', version: 'any' });
  });

  it('ignores extensions of others without looking into them', async () => {
    expect((await read({ ...NAMED, extensions: { 'com.example': { servers: [] } } })).problems).toEqual([]);
  });

  it('is none without the address of the standard', async () => {
    await expect(read({ name: 'other-tool' })).rejects.toThrow('it is not recognised');
    await expect(read({ $schema: 'https://example.com/plugin.schema.json', name: 'x' })).rejects.toThrow('it is not recognised');
  });

  it('must lie in the plugin', async () => {
    const base = tempFolder();
    writeFileSync(join(base, 'outside.json'), JSON.stringify(NAMED));
    mkdirSync(join(base, 'plugin'));
    symlinkSync(join(base, 'outside.json'), join(base, 'plugin', 'plugin.json'));
    await expect(readFolder({}, { dir: base })).rejects.toThrow('leads out of the plugin');
  });
});

describe('mcp.json of the standard', { tags: ['agent-plugins'] }, () => {
  it('starts programs in the plugin, with both variables set last', async () => {
    const server = {
      type: 'stdio',
      command: './bin/run',
      args: ['--at', '${PLUGIN_ROOT}/x', '${PLUGIN_DATA}', '${HOME}', '$PLUGIN_ROOT'],
      env: { AT: '${PLUGIN_DATA}/db' },
    };
    const { servers, dir, problems } = await withServers({ main: server }, { 'bin/run': '' });
    const data = servers.main?.server?.env as Record<string, string>;
    expect(servers.main?.server).toEqual({
      type: 'stdio',
      command: join(dir, 'bin/run'),
      args: ['--at', `${dir}/x`, data.PLUGIN_DATA, '${HOME}', '$PLUGIN_ROOT'],
      cwd: dir,
      env: { AT: `${data.PLUGIN_DATA}/db`, PLUGIN_ROOT: dir, PLUGIN_DATA: data.PLUGIN_DATA },
    });
    expect(problems.every((text) => text.includes('${HOME}'))).toBe(true);
  });

  it('expands in one pass and never in commands, addresses or headers', async () => {
    const { servers, dir } = await withServers({
      twice: { type: 'stdio', command: 'run', args: ['${PLUGIN_${PLUGIN_ROOT}}'] },
      literal: { type: 'stdio', command: '${PLUGIN_ROOT}' },
      remote: { type: 'streamable-http', url: 'https://example.com/${PLUGIN_ROOT}', headers: { 'X-At': '${PLUGIN_ROOT}' } },
    });
    expect(servers.twice?.server?.args).toEqual([`\${PLUGIN_${dir}}`]);
    expect(servers.literal?.server?.command).toBe('${PLUGIN_ROOT}');
    expect(servers.remote?.server).toMatchObject({ url: 'https://example.com/${PLUGIN_ROOT}', headers: { 'X-At': '${PLUGIN_ROOT}' } });
  });

  it.each([
    ['./sub', 'sub'],
    ['${PLUGIN_ROOT}', '.'],
    ['${PLUGIN_ROOT}/sub', 'sub'],
  ])('takes the working folder %s', async (cwd, at) => {
    const { servers, dir } = await withServers({ main: { type: 'stdio', command: 'run', cwd } });
    expect(servers.main?.server?.cwd).toBe(join(dir, at));
  });

  it('takes a working folder in the data folder', async () => {
    const { servers } = await withServers({ main: { type: 'stdio', command: 'run', cwd: '${PLUGIN_DATA}/work' } });
    const { cwd, env } = servers.main?.server ?? {};
    expect(cwd).toBe(`${(env as Record<string, string>).PLUGIN_DATA}/work`);
  });

  it.each([
    ['no object', 'x', 'it is not an object'],
    ['no type', { command: 'x' }, '"type" must be'],
    ['the type of other hosts', { type: 'http', url: 'https://example.com' }, 'write streamable-http'],
    ['a key of another type', { type: 'stdio', command: 'x', url: 'https://example.com' }, '"url" is not a key'],
    ['an unknown key', { type: 'sse', url: 'https://example.com', oauth: {} }, '"oauth" is not a key'],
    ['an empty command', { type: 'stdio', command: '' }, '"command"'],
    ['a path that leads out', { type: 'stdio', command: '../x' }, '"command" must be'],
    ['an absolute command', { type: 'stdio', command: '/bin/x' }, '"command" must be'],
    ['args of numbers', { type: 'stdio', command: 'x', args: [1] }, '"args"'],
    ['env of numbers', { type: 'stdio', command: 'x', env: { A: 1 } }, '"env"'],
    ['a reserved variable', { type: 'stdio', command: 'x', env: { PLUGIN_DATA: '/' } }, '"env" must not set'],
    ['a plain working folder', { type: 'stdio', command: 'x', cwd: 'sub' }, '"cwd" must begin'],
    ['a look-alike of the root', { type: 'stdio', command: 'x', cwd: '${PLUGIN_ROOT}x' }, '"cwd" must begin'],
    ['no address', { type: 'sse' }, '"url" is not'],
    ['another scheme', { type: 'sse', url: 'ftp://example.com' }, '"url" must be https or http'],
    ['plain http', { type: 'sse', url: 'http://example.com' }, '"url" must be https:'],
    ['a name like localhost', { type: 'sse', url: 'http://localhost.example.com' }, '"url" must be https:'],
    ['a user name', { type: 'sse', url: 'https://me@example.com' }, '"url" must not have a user'],
    ['an empty user name', { type: 'sse', url: 'https://@example.com' }, '"url" must not have a user'],
    ['a fragment', { type: 'sse', url: 'https://example.com#' }, '"url" must not have a fragment'],
    ['a header name with a blank', { type: 'sse', url: 'https://example.com', headers: { 'a b': '' } }, '"headers" has the name'],
    ['a header with a line break', { type: 'sse', url: 'https://example.com', headers: { a: 'x\ny' } }, '"headers" has a value'],
    ['a header twice', { type: 'sse', url: 'https://example.com', headers: { 'X-A': '1', 'x-a': '2' } }, '"headers" has x-a twice'],
  ])('skips an entry with %s', (_, server, why) => {
    expect(serverFault(server as never)).toContain(why);
  });

  it.each([
    [{ type: 'stdio', command: 'a b' }],
    [{ type: 'streamable-http', url: 'http://localhost:1/mcp' }],
    [{ type: 'streamable-http', url: 'http://127.0.0.9:1/mcp' }],
    [{ type: 'sse', url: 'http://[::1]/sse', headers: { 'X-A': 'ä' } }],
    [{ type: 'sse', url: 'https://example.com/@x' }],
  ])('takes %j', (server) => {
    expect(serverFault(server)).toBeUndefined();
  });

  it('never lets a header replace one that the client generates', async () => {
    const headers = { AcCePt: 'text/plain', 'MCP-Session-Id': 'x', 'content-TYPE': 'x', 'X-Own': 'kept' };
    const { servers } = await withServers({ main: { type: 'streamable-http', url: 'https://example.com', headers } });
    expect(servers.main?.server?.headers).toEqual({ 'X-Own': 'kept' });
  });

  it('names the line of a syntax error', async () => {
    const { problems } = await read(NAMED, { 'mcp.json': '{\n  "mcpServers":\n}\n' });
    expect(problems).toEqual(['mcp.json:3:1: not valid JSON. No server of it is loaded.']);
  });

  it('loads the other entries and says where the bad one is', async () => {
    const { servers, problems } = await withServers({
      bad: { type: 'http', url: 'https://example.com' },
      good: { type: 'stdio', command: 'x' },
    });
    expect(Object.keys(servers)).toEqual(['good']);
    expect(problems).toEqual([expect.stringMatching(/^mcp\.json:\d+:\d+: the server "bad" is left out: "type"/)]);
  });

  it.each([
    ['a further key', { $schema: MCP, mcpServers: {}, servers: {} }],
    ['no $schema', { mcpServers: {} }],
    ['another version', { $schema: MCP.replace('1.0.0', '1.1.0'), mcpServers: {} }],
    ['no servers', { $schema: MCP }],
    ['a list of servers', { $schema: MCP, mcpServers: [] }],
    ['no JSON', '{'],
  ])('is off as a whole with %s, and the skills stay', async (_, mcp) => {
    const { servers, problems, offer } = await read(NAMED, { 'mcp.json': mcp, 'skills/one/SKILL.md': SKILL });
    expect(servers).toEqual({});
    expect(problems).toEqual([expect.stringContaining('No server of it is loaded.')]);
    expect((await offer()).skills?.map(({ name }) => name)).toEqual(['one']);
  });

  it('takes an empty list of servers, and needs none', async () => {
    expect((await withServers({})).problems).toEqual([]);
    expect((await read(NAMED)).problems).toEqual([]);
  });

  it('starts nothing outside of the plugin, by the real path', async () => {
    const base = tempFolder();
    const plugin = join(base, 'plugin');
    writeFolder(base, { 'outside/run': '', 'plugin/bin/run': '' });
    symlinkSync(join(base, 'outside', 'run'), join(plugin, 'bin', 'first'));
    symlinkSync('first', join(plugin, 'bin', 'second'));
    symlinkSync(join(base, 'outside'), join(plugin, 'out'));
    symlinkSync('run', join(plugin, 'bin', 'inside'));
    symlinkSync('nowhere', join(plugin, 'bin', 'broken'));
    const stdio = (more: object) => ({ type: 'stdio', ...more });
    const { servers } = await readFolder(
      {
        'plugin.json': NAMED,
        'mcp.json': {
          $schema: MCP,
          mcpServers: {
            first: stdio({ command: './bin/first' }),
            second: stdio({ command: './bin/second' }),
            broken: stdio({ command: './bin/broken' }),
            dots: stdio({ command: './../outside/run' }),
            folder: stdio({ command: 'x', cwd: './out' }),
            climb: stdio({ command: 'x', cwd: '${PLUGIN_ROOT}/..' }),
            data: stdio({ command: 'x', cwd: '${PLUGIN_DATA}/..' }),
            inside: stdio({ command: './bin/inside' }),
          },
        },
      },
      { dir: base },
    );
    expect(Object.keys(servers)).toEqual(['inside']);
  });
});

const SKILL = '---\nname: one\ndescription: Does one thing.\n---\nDo it.\n';

describe('skills of the standard', { tags: ['agent-plugins'] }, () => {
  it('are the direct subfolders that conform; others are skipped and reported', async () => {
    const { offer } = await read(NAMED, {
      'skills/one/SKILL.md': SKILL,
      'skills/one/deep/two/SKILL.md': SKILL.replace('one', 'two'),
      'skills/none/README.md': 'no skill',
      'skills/other/SKILL.md': SKILL.replace('name: one', 'name: else'),
      'skills/bare/SKILL.md': '---\nname: bare\n---\nNo description.\n',
    });
    const { skills, problems } = await offer();
    expect(skills?.map(({ name }) => name)).toEqual(['one']);
    expect(problems.filter(({ message }) => message.includes('wants it skipped')).map(({ subject }) => subject)).toEqual(['bare', 'other']);
  });

  it('are off if their folder leads out or is a file', async () => {
    const base = tempFolder();
    writeFolder(base, { 'outside/one/SKILL.md': SKILL, 'plugin/plugin.json': NAMED });
    symlinkSync(join(base, 'outside'), join(base, 'plugin', 'skills'));
    expect((await readFolder({}, { dir: base })).problems).toEqual([
      'skills leads out of the plugin, so no skill of the plugin is loaded.',
    ]);
    expect((await read(NAMED, { skills: 'a file' })).problems).toEqual(['skills is not a folder, so no skill of the plugin is loaded.']);
  });
});
