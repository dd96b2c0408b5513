import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { examine, moveAside } from '../../../src/store/repair.ts';
import { createStore } from '../../../src/store/store.ts';
import { DAMAGE, makeStore, noise } from '../../support/damage.ts';
import { tempFolder } from '../../support/temp.ts';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('a damaged store', () => {
  it.each(Object.entries(DAMAGE))('is reported on first use: %s', { tags: ['store-damaged'] }, (_, damage) => {
    const dir = tempFolder();
    damage(makeStore(dir));
    for (const use of [
      (store: ReturnType<typeof createStore>) => store.check(),
      (store: ReturnType<typeof createStore>) => store.get('disabled-plugins', 'x'),
      (store: ReturnType<typeof createStore>) => store.set('a', 'b', 'c'),
      (store: ReturnType<typeof createStore>) => store.refuseUnusable(),
    ]) {
      const store = createStore(dir);
      expect(codeOf(() => use(store))).toBe('STORE_DAMAGED');
      expect(codeOf(() => store.entries('a'))).toBe('STORE_DAMAGED');
      store.close();
    }
  });

  it.each(Object.entries(DAMAGE))('is detected while the file is in use: %s', { tags: ['store-damaged'] }, (_, damage) => {
    const dir = tempFolder();
    const file = makeStore(dir);
    const store = createStore(dir);
    expect(store.get('plugin:p', 'k1')).toBeDefined();
    damage(file);
    expect(codeOf(() => store.get('plugin:p', 'k1'))).toBe('STORE_DAMAGED');
    store.close();
  });

  it('is detected when another file replaces it; an intact one is read', { tags: ['store-damaged'] }, () => {
    const [dir, other] = [tempFolder(), tempFolder()];
    const file = makeStore(dir);
    const store = createStore(dir);
    expect(store.get('kept', 'here')).toBeUndefined();
    renameSync(makeStore(other, { kept: ['here'] }), file);
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
    expect(store.get('kept', 'here')).toBe('"x"');
    writeFileSync(join(other, 'bad'), noise(8192));
    renameSync(join(other, 'bad'), file);
    expect(codeOf(() => store.get('kept', 'here'))).toBe('STORE_DAMAGED');
    store.close();
  });

  it('includes one that is emptied in use, but a removed one keeps its contents', { tags: ['store-damaged'] }, () => {
    const dir = tempFolder();
    const file = makeStore(dir, { kept: ['here'] });
    const store = createStore(dir);
    store.get('kept', 'here');
    rmSync(file);
    expect(store.get('kept', 'here')).toBe('"x"');
    store.close();
    const again = createStore(dir);
    const recreated = makeStore(dir);
    again.get('kept', 'here');
    truncateSync(recreated, 0);
    expect(codeOf(() => again.get('kept', 'here'))).toBe('STORE_DAMAGED');
    again.close();
  });

  it.each<[string, (file: string) => void]>([
    ['with its log', (file) => writeFileSync(`${file}-wal`, noise(8192))],
    ['with the key of an earlier gateway', (file) => writeFileSync(join(file, '..', 'key'), noise(32))],
  ])('includes one that was emptied before the start, %s', { tags: ['store-damaged'] }, (_, leave) => {
    const dir = tempFolder();
    const file = join(dir, 'state.db');
    writeFileSync(file, '');
    leave(file);
    const store = createStore(dir);
    expect([codeOf(() => store.check()), codeOf(() => store.entries('disabled-plugins'))]).toEqual(['STORE_DAMAGED', 'STORE_DAMAGED']);
    store.close();
    expect(examine(dir).damage?.code).toBe('STORE_DAMAGED');
    expect(moveAside(dir, new Date(0)).length).toBeGreaterThan(0);
    expect(codeOf(() => createStore(dir).check())).toBe('ok');
  });

  it('keeps plugins disabled if only the file itself is left', { tags: ['store-damaged'] }, () => {
    const [dir, copy] = [tempFolder(), tempFolder()];
    const store = createStore(dir);
    store.set('disabled-plugins', 'risky', '2026-01-01T00:00:00.000Z');
    copyFileSync(join(dir, 'state.db'), join(copy, 'state.db'));
    store.set('kept', 'last', 'x');
    store.close();
    const restored = createStore(copy);
    expect([...restored.entries('disabled-plugins').keys()]).toEqual(['risky']);
    restored.close();
    // The last writes are in the file too after it was closed.
    writeFileSync(`${join(dir, 'state.db')}-wal`, '');
    const later = createStore(dir);
    expect(later.get('kept', 'last')).toBe('x');
    later.close();
  });

  it('stays damaged for a process that has detected it', { tags: ['store-damaged'] }, () => {
    const dir = tempFolder();
    const file = makeStore(dir);
    const store = createStore(dir);
    writeFileSync(file, noise(8192));
    expect(codeOf(() => store.check())).toBe('STORE_DAMAGED');
    rmSync(file);
    expect(codeOf(() => store.get('a', 'b'))).toBe('STORE_DAMAGED');
    store.close();
  });
});

describe('a store that is not damaged', () => {
  it.each([
    ['does not exist', () => undefined],
    ['is empty', (file: string) => writeFileSync(file, '')],
    ['has no table yet', (file: string) => new Libsql(file).exec('CREATE TABLE other (a)')],
  ])('although it %s', { tags: ['store-damaged'] }, (_, prepare) => {
    const dir = tempFolder();
    prepare(join(dir, 'state.db'));
    const store = createStore(dir);
    store.check();
    expect(store.get('a', 'b')).toBeUndefined();
    store.set('a', 'b', 'c');
    expect(store.get('a', 'b')).toBe('c');
    store.close();
  });

  it.skipIf(!existsSync('/proc/self/fd'))('keeps no file open for having looked at it', () => {
    const dir = tempFolder();
    const file = makeStore(dir);
    const other = createStore(dir);
    const store = createStore(dir);
    store.get('a', 'b');
    const held = (): number => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(file)).length;
    other.set('a', 'b', 'c');
    store.check();
    const before = held();
    for (let i = 0; i < 20; i++) {
      other.set('a', 'b', `${i}`);
      store.check();
    }
    expect(held()).toBeLessThanOrEqual(before);
    store.close();
    other.close();
  });

  it('creates no file for a read', () => {
    const dir = tempFolder();
    const store = createStore(dir);
    store.check();
    store.get('a', 'b');
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['it is a folder', (file: string) => mkdirSync(file)],
    ['its log is a folder', (file: string) => [makeStore(join(file, '..')), mkdirSync(`${file}-wal`), new Libsql(file)]],
    ['its table has another shape', (file: string) => new Libsql(file).exec('CREATE TABLE entry (a TEXT)')],
    ['it is a link into a folder that does not exist', (file: string) => symlinkSync('/nonexistent/folder/file', file)],
  ])('is unavailable, and never read as empty, when %s', { tags: ['store-unavailable'] }, (_, prepare) => {
    const dir = tempFolder();
    prepare(join(dir, 'state.db'));
    const store = createStore(dir);
    expect([codeOf(() => store.get('a', 'b')), codeOf(() => store.set('a', 'b', 'c'))]).toEqual([
      'STATE_STORE_UNAVAILABLE',
      'STATE_STORE_UNAVAILABLE',
    ]);
    expect(codeOf(() => store.refuseUnusable())).toBe('ok');
    store.close();
  });
});

describe('a store that another process has locked', () => {
  it.each(['note', 'set', 'add', 'delete'] as const)(
    'commits what it writes after a %s that was refused',
    { tags: ['store-commits'] },
    (method) => {
      const dir = tempFolder();
      const store = createStore(dir);
      store.set('space', 'key', 'old');
      const other = new Libsql(join(dir, 'state.db'));
      other.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE');
      if (method === 'note') expect(store.note('space', 'key', 'refused')).toBe(false);
      else expect(() => store[method]('space', 'key', 'refused')).toThrow('locked');
      other.exec('COMMIT');
      expect(store.note('space', 'key', 'new')).toBe(true);
      expect(other.prepare("SELECT value FROM entry WHERE space = 'space'").all()).toEqual([{ value: 'new' }]);
      other.exec("DELETE FROM entry WHERE space = 'space'");
      other.close();
      store.close();
    },
  );
});
