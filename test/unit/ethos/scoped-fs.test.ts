import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createScopedFs } from '../../../adapters/ethos/runtime/capabilities/scoped-fs.ts';
import { tempFolder } from '../../support/temp.ts';

type Fs = Record<string, (path: unknown, content?: unknown) => Promise<unknown>>;

let dir = '';
beforeEach(() => {
  dir = tempFolder();
  for (const folder of ['in', 'in/deep', 'out', 'inside']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'in/a.txt'), 'a');
  writeFileSync(join(dir, 'out/b.txt'), 'b');
  writeFileSync(join(dir, 'inside/c.txt'), 'c');
});
const open = (read: string[], write: string[] = [], more: { read: string[]; write: string[] }[] = []): Fs =>
  createScopedFs([{ read, write }, ...more], dir) as Fs;

describe('createScopedFs', () => {
  it('reads and lists allowed paths', async () => {
    const fs = open(['in']);
    expect(await fs.read?.('in/a.txt')).toBe('a');
    expect(await fs.readBytes?.(join(dir, 'in/a.txt'))).toEqual(new Uint8Array([97]));
    expect(await fs.list?.('in')).toEqual(['a.txt', 'deep']);
    expect(await fs.listEntries?.('in')).toEqual([
      { name: 'a.txt', isDir: false },
      { name: 'deep', isDir: true },
    ]);
    expect([await fs.exists?.('in/a.txt'), await fs.exists?.('in/none')]).toEqual([true, false]);
    expect([typeof (await fs.mtime?.('in/a.txt')), await fs.mtime?.('in/none')]).toEqual(['number', null]);
    expect([await fs.list?.('in/none'), await fs.listEntries?.('in/none')]).toEqual([[], []]);
  });

  it('writes only to allowed paths', async () => {
    const fs = open(['in'], ['in/deep']);
    await fs.mkdir?.('in/deep/er');
    await fs.write?.('in/deep/er/x', 'x');
    expect(readFileSync(join(dir, 'in/deep/er/x'), 'utf8')).toBe('x');
    for (const path of ['in/x', 'in/deep/../x', 'out/x']) await expect(fs.write?.(path, 'x')).rejects.toThrow('PATH_NOT_REACHABLE');
  });

  it.each([
    'out/b.txt',
    'in/../out/b.txt',
    'in/deep/../../out/b.txt',
    'inside/c.txt',
    'in/../inside/c.txt',
    '/etc/passwd',
    '~/.ssh/id_rsa',
    '',
    'in/a.txt\0',
    42,
  ])('rejects %j', async (path) => {
    await expect(open(['in']).read?.(path)).rejects.toMatchObject({ code: 'PATH_NOT_REACHABLE' });
  });

  it('resolves symbolic links before the check', async () => {
    symlinkSync(join(dir, 'out'), join(dir, 'in/link'));
    symlinkSync(join(dir, 'out/b.txt'), join(dir, 'in/file'));
    symlinkSync(join(dir, 'out/new.txt'), join(dir, 'in/dangling'));
    symlinkSync(relative(join(dir, 'in'), join(dir, 'in/a.txt')), join(dir, 'in/good'));
    const fs = open(['in'], ['in']);
    for (const path of ['in/link/b.txt', 'in/file', 'in/link', 'in/link/../a.txt', 'in/link/new']) {
      if (path !== 'in/link/../a.txt') await expect(fs.read?.(path)).rejects.toThrow('PATH_NOT_REACHABLE');
    }
    await expect(fs.write?.('in/dangling', 'x')).rejects.toThrow('PATH_NOT_REACHABLE');
    await expect(fs.write?.('in/link/new', 'x')).rejects.toThrow('PATH_NOT_REACHABLE');
    expect(await fs.read?.('in/good')).toBe('a');
  });

  it('requires that every list allows a path', async () => {
    const fs = open(['in', 'out'], [], [{ read: ['in'], write: [] }]);
    expect(await fs.read?.('in/a.txt')).toBe('a');
    await expect(fs.read?.('out/b.txt')).rejects.toThrow('PATH_NOT_REACHABLE');
    await expect(open([]).read?.('in/a.txt')).rejects.toThrow('PATH_NOT_REACHABLE');
  });
});
