import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, type TestOptions } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { createPermissionLog, findInsecure } from '../../../src/config/permissions.ts';
import { silentLog } from '../../../src/core/log.ts';
import { tempFolder } from '../../support/temp.ts';

const on: TestOptions = { skip: process.getuid === undefined, tags: ['T21'] };

function put(path: string, mode: number): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, 'x');
  chmodSync(path, mode);
  return path;
}

function folder(path: string, mode: number): string {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  chmodSync(path, mode);
  return path;
}

function setUp() {
  const dir = tempFolder();
  const plugin = folder(join(dir, 'plugins', 'p'), 0o755);
  put(join(plugin, 'index.ts'), 0o644);
  const config = { file: put(join(dir, 'mcp.json'), 0o644), files: [put(join(dir, 'key'), 0o600)], pluginFolders: [join(dir, 'plugins')] };
  const find = async (further: Partial<Config> = {}, plugins: readonly string[] = [plugin]): Promise<string[]> =>
    (await findInsecure({ ...config, ...further } as unknown as Config, plugins)).map(({ message, fix }) =>
      `${message} ${fix}`.replaceAll(`${dir}/`, ''),
    );
  return { dir, plugin, find };
}

describe('findInsecure', () => {
  it('finds nothing if others can only read files without secrets', on, async () => {
    expect(await setUp().find()).toEqual([]);
  });

  it.each([
    ['mcp.json', 0o664, 'The configuration mcp.json can be changed by its group (mode 0664). Run: chmod go-w'],
    ['mcp.json', 0o646, 'The configuration mcp.json can be changed by all users (mode 0646). Run: chmod go-w'],
    ['plugins', 0o777, 'The plugin folder plugins can be changed by all users (mode 0777). Run: chmod go-w'],
    ['plugins', 0o1777, 'The plugin folder plugins can be changed by all users (mode 1777). Run: chmod go-w'],
    ['plugins/p', 0o775, 'The plugin plugins/p can be changed by its group (mode 0775). Run: chmod go-w'],
    ['key', 0o604, 'The file key, which the configuration includes, can be read by all users (mode 0604). Run: chmod go-rwx'],
    ['key', 0o640, 'The file key, which the configuration includes, can be read by its group (mode 0640). Run: chmod go-rwx'],
    ['key', 0o620, 'The file key, which the configuration includes, can be changed by its group (mode 0620). Run: chmod go-w'],
    ['plugins/p/index.ts', 0o666, 'index.ts of the plugin plugins/p can be changed by all users (mode 0666). Run: chmod -R go-w'],
  ])('%s with mode %o', on, async (path, mode, message) => {
    const { dir, find } = setUp();
    chmodSync(join(dir, path), mode);
    expect(await find()).toEqual([expect.stringContaining(message)]);
  });

  it('checks code in all folders of the plugin, and reports one path for all', on, async () => {
    const { plugin, find } = setUp();
    put(join(plugin, 'notes.txt'), 0o666);
    put(join(plugin, 'node_modules', 'x', 'index.js'), 0o666);
    expect(await find()).toEqual([]);
    put(join(plugin, 'lib', 'deep', 'a.mjs'), 0o664);
    put(join(plugin, 'lib', 'run'), 0o775);
    expect(await find()).toEqual([expect.stringMatching(/^lib.* and 1 more of the plugin plugins\/p can be changed by its group/)]);
    chmodSync(join(plugin, 'node_modules'), 0o777);
    expect(await find()).toEqual([expect.stringMatching(/ and 2 more of the plugin/)]);
  });

  it('follows links, and reports each target once', on, async () => {
    const { dir, plugin, find } = setUp();
    const real = folder(join(dir, 'elsewhere'), 0o777);
    symlinkSync(real, join(dir, 'link'));
    expect(await find({}, [join(dir, 'link'), real])).toEqual([expect.stringContaining('The plugin link can be changed by all users')]);
    chmodSync(real, 0o755);
    symlinkSync(put(join(dir, 'other', 'code.js'), 0o666), join(plugin, 'code.js'));
    expect(await find()).toEqual([expect.stringContaining('code.js of the plugin plugins/p can be changed by all users')]);
  });

  it('checks the folder of the configuration, unless it is sticky like /tmp', on, async () => {
    const { dir, find } = setUp();
    chmodSync(dir, 0o777);
    expect(await find()).toEqual([expect.stringMatching(/^The folder of the configuration .* can be changed by all users \(mode 0777\)/)]);
    chmodSync(dir, 0o1777);
    expect(await find()).toEqual([]);
  });

  it('ignores missing paths, a missing configuration file and names that are not paths', on, async () => {
    const { dir, find } = setUp();
    expect(
      await find({ file: undefined, files: [join(dir, 'none')], pluginFolders: [join(dir, 'none')] }, ['', 'npx x', join(dir, 'none')]),
    ).toEqual([]);
  });

  it("reports files of another user than the gateway's and root", { ...on, skip: process.getuid?.() !== 0 }, async () => {
    const { dir, find } = setUp();
    chownSync(join(dir, 'mcp.json'), 4711, 0);
    expect(await find()).toEqual(['The configuration mcp.json belongs to another user (uid 4711). Run: chown 0 mcp.json']);
  });
});

describe('createPermissionLog', () => {
  it('logs it once, and again after a change', on, async () => {
    const { dir } = setUp();
    const lines: [string, object | undefined][] = [];
    const log = createPermissionLog({ ...silentLog, warn: (message, fields) => void lines.push([message, fields]) });
    const config = { file: join(dir, 'mcp.json'), files: [], pluginFolders: [] } as unknown as Config;
    const modes = [0o666, 0o666, 0o664, 0o644, 0o644, 0o666];
    for (const mode of modes) {
      chmodSync(join(dir, 'mcp.json'), mode);
      await log(config, []);
    }
    expect(lines.map(([message]) => /mode (\d+)/.exec(message)?.[1])).toEqual(['0666', '0664', '0666']);
    expect(lines[0]?.[1]).toEqual({ code: 'INSECURE_PERMISSIONS' });
  });
});
