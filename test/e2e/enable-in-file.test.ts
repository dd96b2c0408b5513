import { chmodSync, lstatSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, run, serve } from '../support/gateway.ts';
import { writeFiles } from '../support/jaato.ts';
import { until } from '../support/processes.ts';
import { describeWithPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

const SEED = fileURLToPath(new URL('../fixtures/jaato-seed', import.meta.url));

function project(plugins: object, comment = ''): { dir: string; file: string; read(): string } {
  const dir = tempFolder();
  const file = join(dir, 'mcp.json');
  writeFileSync(file, `${comment}${JSON.stringify({ plugins, state: './state' }, null, 2)}\n`);
  return { dir, file, read: () => readFileSync(file, 'utf8') };
}

describeWithPython('plugmux enable and disable with --in-file, and command', () => {
  it('disable and enable a plugin of a running gateway, with other settings', async () => {
    const { dir, file } = project({ search: { path: join(SEED, 'shared/plugins/search'), settings: { limit: 1 } } });
    const gateway = await serve(file, { bin: BIN });
    const client = await connect('v2 auto', { url: gateway.url });
    const has = async (tool: string) => (await client.list()).includes(tool);
    await until('it is there', () => has('search_index'));
    expect(await run(['disable', 'search', '--in-file'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is now disabled.\n' });
    await until('it is gone', async () => !(await has('search_index')));
    expect((await run(['enable', 'search', '--in-file', '--settings', '{"limit":9}'], { cwd: dir })).code).toBe(0);
    await until('it is back', () => has('search_index'));
    expect((await client.call('search_index', { query: 'x' })).structuredContent).toMatchObject({ limit: 9 });
    expect(await run(['enable', 'search', '--in-file'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is already enabled.\n' });
  });

  it('edit the list of an entry that selects several, and nothing else of the file', async () => {
    const { dir, read } = project({ seed: { path: SEED, allow: ['search', 'example'] } });
    const before = read();
    expect((await run(['disable', 'example', '--in-file'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed.allow).toEqual(['search']);
    expect((await run(['enable', 'background', '--in-file', '--settings', '{"fast":true}'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed).toMatchObject({ allow: ['search', 'background'], config: { background: { fast: true } } });
    expect((await run(['disable', 'background', '--in-file'], { cwd: dir })).code).toBe(0);
    expect((await run(['enable', 'example', '--in-file'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed.allow).toEqual(JSON.parse(before).plugins.seed.allow);
  });

  it('enable one plugin of a disabled entry, and leave its siblings as they are', { tags: ['enable-one'] }, async () => {
    const seed = { path: SEED, allow: ['search', 'example'], enabled: false, config: { search: { limit: 1 } } };
    const { dir, read } = project({ seed });
    const before = read();
    const states = async () =>
      Object.fromEntries(
        JSON.parse((await run(['list', '--json'], { cwd: dir })).stdout).map((p: { id: string; state: string }) => [p.id, p.state]),
      );
    expect((await run(['enable', 'search'], { cwd: dir })).stderr).toContain('plugmux enable search --in-file');
    expect(await run(['enable', 'search', '--in-file'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is now enabled.\n' });
    expect(JSON.parse(read()).plugins).toEqual({ seed, search: { enabled: true } });
    expect(await states()).toEqual({ search: 'ready', example: 'disabled' });
    expect((await run(['enable', 'search', '--in-file'], { cwd: dir })).stdout).toBe('search is already enabled.\n');
    expect((await run(['enable', 'search', '--in-file', '--settings', '{"limit":5}'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed.config).toEqual({ search: { limit: 5 } });
    expect((await run(['enable', 'background', '--in-file'], { cwd: dir })).code).toBe(0);
    expect(await states()).toEqual({ search: 'ready', background: 'ready', example: 'disabled' });
    for (const id of ['background', 'search']) expect((await run(['disable', id, '--in-file'], { cwd: dir })).code).toBe(0);
    expect(await states()).toEqual({ search: 'disabled', background: 'disabled', example: 'disabled' });
    expect(JSON.parse(read()).plugins.seed).toEqual({
      ...JSON.parse(before).plugins.seed,
      allow: ['search', 'example', 'background'],
      config: { search: { limit: 5 } },
    });
  });

  it('add an entry for a plugin from a plugin folder', async () => {
    const dir = tempFolder();
    writeFiles(dir, {
      'mcp.json': '{\n  "pluginFolders": ["./plugins"]\n}\n',
      'plugins/example.py': readFileSync(join(SEED, 'shared/plugins/example.py'), 'utf8'),
    });
    expect((await run(['disable', 'example', '--in-file'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(readFileSync(join(dir, 'mcp.json'), 'utf8')).plugins).toEqual({ example: { enabled: false } });
    expect((await run(['list', '--json'], { cwd: dir })).stdout).toContain('"state": "disabled"');
  });

  it('change nothing if the result would not load, or the plugin is unknown', async () => {
    const { dir, read } = project({ seed: { path: SEED, allow: ['search'] } });
    const before = read();
    expect(await run(['enable', 'serch', '--in-file'], { cwd: dir })).toMatchObject({ code: 2 });
    expect(await run(['enable', 'search', '--in-file', '--settings', '[]'], { cwd: dir })).toMatchObject({ code: 2 });
    expect(read()).toBe(before);
  });

  it('override an upstream server whose own entry disables it, and leave that entry alone', async () => {
    const dir = tempFolder();
    const mcpServers = { off: { command: 'node', args: ['x.js'], disabled: true } };
    writeFiles(dir, { 'mcp.json': JSON.stringify({ mcpServers }) });
    const read = () => JSON.parse(readFileSync(join(dir, 'mcp.json'), 'utf8'));
    expect(await run(['enable', 'off', '--in-file', '--json'], { cwd: dir })).toMatchObject({ code: 0 });
    expect(read()).toEqual({ mcpServers, plugins: { off: { enabled: true } } });
    expect(await run(['disable', 'off', '--in-file'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'off is now disabled.\n' });
    expect(read()).toEqual({ mcpServers, plugins: { off: { enabled: false } } });
  });

  it('refuse a stored decision that the file overrides, and settings without --in-file', async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'mcp.json': '{ "plugins": { "example": { "path": "./example.py", "enabled": false } } }', 'example.py': '' });
    const refused = await run(['enable', 'example'], { cwd: dir });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('plugmux enable example --in-file') });
    const settings = await run(['enable', 'example', '--settings', '{}'], { cwd: dir });
    expect(settings).toMatchObject({ code: 2, stderr: expect.stringContaining('"--settings" needs "--in-file"') });
    expect((await run(['disable', 'example', '--settings', '{}'], { cwd: dir })).code).toBe(2);
  });

  it('report a plugin that stays disabled by a stored decision', async () => {
    const { dir } = project({ search: { path: join(SEED, 'shared/plugins/search'), enabled: false } });
    expect((await run(['disable', 'search'], { cwd: dir })).code).toBe(0);
    const { code, stderr } = await run(['enable', 'search', '--in-file'], { cwd: dir });
    expect([code, stderr]).toEqual([0, 'note: an administrator disabled search, too: run `plugmux enable search`.\n']);
    expect((await run(['enable', 'search'], { cwd: dir })).code).toBe(0);
    expect(await run(['enable', 'search', '--in-file'], { cwd: dir })).toMatchObject({
      stdout: 'search is already enabled.\n',
      stderr: '',
    });
  });

  it('keep the mode of the file and a link to it', async () => {
    const { dir, file } = project({ search: { path: join(SEED, 'shared/plugins/search') } });
    const target = join(dir, 'real.json');
    renameSync(file, target);
    chmodSync(target, 0o600);
    symlinkSync(target, file);
    expect((await run(['disable', 'search', '--in-file'], { cwd: dir })).code).toBe(0);
    expect([lstatSync(file).isSymbolicLink(), statSync(target).mode & 0o777]).toEqual([true, 0o600]);
    expect(JSON.parse(readFileSync(target, 'utf8')).plugins.search.enabled).toBe(false);
  });

  it('keep the names of an earlier release, which no help lists', async () => {
    const { dir, read } = project({ search: { path: join(SEED, 'shared/plugins/search') } });
    expect(await run(['unexpose', 'search'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is now not exposed.\n' });
    expect(JSON.parse(read()).plugins.search.enabled).toBe(false);
    const again = await run(['expose', 'search', '--settings', '{"limit":2}', '--json'], { cwd: dir });
    expect(JSON.parse(again.stdout)).toEqual({ plugin: 'search', state: 'exposed', changed: true });
    expect(JSON.parse(read()).plugins.search).toMatchObject({ settings: { limit: 2 } });
    expect((await run(['--help'])).stdout).not.toContain('expose');
  });

  it('run the commands that a plugin offers to the user', async () => {
    const { dir } = project({ search: { path: join(SEED, 'shared/plugins/search'), settings: { limit: 4 } } });
    expect((await run(['command', 'search'], { cwd: dir })).stdout).toBe(
      'search  Search the index directly\nstats   Show index statistics\n',
    );
    expect(await run(['command', 'search', 'stats'], { cwd: dir })).toMatchObject({ code: 0, stdout: '{"limit":4}\n' });
    const { code, stderr } = await run(['command', 'search', 'reindex'], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain('It has: search, stats.');
  });
});
