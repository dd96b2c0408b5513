import { readFileSync, writeFileSync } from 'node:fs';
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

describeWithPython('plugmux expose, unexpose and command', () => {
  it('switch one plugin of a running gateway off and on, with other settings', async () => {
    const { dir, file } = project({ search: { path: join(SEED, 'shared/plugins/search'), settings: { limit: 1 } } });
    const gateway = await serve(file, { bin: BIN });
    const client = await connect('v2 auto', { url: gateway.url });
    const has = async (tool: string) => (await client.list()).includes(tool);
    await until('it is there', () => has('search_index'));
    expect(await run(['unexpose', 'search'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is now not exposed.\n' });
    await until('it is gone', async () => !(await has('search_index')));
    expect((await run(['expose', 'search', '--settings', '{"limit":9}'], { cwd: dir })).code).toBe(0);
    await until('it is back', () => has('search_index'));
    expect((await client.call('search_index', { query: 'x' })).structuredContent).toMatchObject({ limit: 9 });
    expect(await run(['expose', 'search'], { cwd: dir })).toMatchObject({ code: 0, stdout: 'search is already exposed.\n' });
  });

  it('edit the list of an entry that selects several, and nothing else of the file', async () => {
    const { dir, read } = project({ seed: { path: SEED, allow: ['search', 'example'] } });
    const before = read();
    expect((await run(['unexpose', 'example'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed.allow).toEqual(['search']);
    expect((await run(['expose', 'background', '--settings', '{"fast":true}'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed).toMatchObject({ allow: ['search', 'background'], config: { background: { fast: true } } });
    expect((await run(['unexpose', 'background'], { cwd: dir })).code).toBe(0);
    expect((await run(['expose', 'example'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(read()).plugins.seed.allow).toEqual(JSON.parse(before).plugins.seed.allow);
  });

  it('give a plugin that a folder brought an entry of its own', async () => {
    const dir = tempFolder();
    writeFiles(dir, {
      'mcp.json': '{\n  "pluginFolders": ["./plugins"]\n}\n',
      'plugins/example.py': readFileSync(join(SEED, 'shared/plugins/example.py'), 'utf8'),
    });
    expect((await run(['unexpose', 'example'], { cwd: dir })).code).toBe(0);
    expect(JSON.parse(readFileSync(join(dir, 'mcp.json'), 'utf8')).plugins).toEqual({ example: { enabled: false } });
    expect((await run(['list', '--json'], { cwd: dir })).stdout).toContain('"state": "disabled"');
  });

  it('change nothing where the result would be no configuration, or the plugin is unknown', async () => {
    const { dir, read } = project({ seed: { path: SEED, allow: ['search'] } });
    const before = read();
    expect(await run(['expose', 'serch'], { cwd: dir })).toMatchObject({ code: 2 });
    expect(await run(['expose', 'search', '--settings', '[]'], { cwd: dir })).toMatchObject({ code: 2 });
    expect(read()).toBe(before);
  });

  it('run what a plugin offers to the person', async () => {
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
