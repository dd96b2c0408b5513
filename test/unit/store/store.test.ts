import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../../src/store/store.ts';
import { DAMAGE, makeStore, noise } from '../../support/damage.ts';
import { tempFolder } from '../../support/temp.ts';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('a damaged store', () => {
  it.each(Object.entries(DAMAGE))('is told as such at its first use: %s', { tags: ['store-damaged'] }, (_, damage) => {
    const dir = tempFolder();
    damage(makeStore(dir));
    for (const use of [
      (store: ReturnType<typeof createStore>) => store.check(),
      (store: ReturnType<typeof createStore>) => store.get('disabled-plugins', 'x'),
      (store: ReturnType<typeof createStore>) => store.set('a', 'b', 'c'),
      (store: ReturnType<typeof createStore>) => store.refuseDamage(),
    ]) {
      const store = createStore(dir);
      expect(codeOf(() => use(store))).toBe('STORE_DAMAGED');
      expect(codeOf(() => store.entries('a'))).toBe('STORE_DAMAGED');
      store.close();
    }
  });

  it.each(Object.entries(DAMAGE))('is noticed although the file is in use: %s', { tags: ['store-damaged'] }, (_, damage) => {
    const dir = tempFolder();
    const file = makeStore(dir);
    const store = createStore(dir);
    expect(store.get('plugin:p', 'k1')).toBeDefined();
    damage(file);
    expect(codeOf(() => store.get('plugin:p', 'k1'))).toBe('STORE_DAMAGED');
    store.close();
  });

  it('is noticed when another file is put in its place, and a whole one is read', { tags: ['store-damaged'] }, () => {
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

  it('counts as one when it is emptied in use, but a removed one keeps what it held', { tags: ['store-damaged'] }, () => {
    const dir = tempFolder();
    const file = makeStore(dir, { kept: ['here'] });
    const store = createStore(dir);
    store.get('kept', 'here');
    rmSync(file);
    expect(store.get('kept', 'here')).toBe('"x"');
    store.close();
    const again = createStore(dir);
    const anew = makeStore(dir);
    again.get('kept', 'here');
    truncateSync(anew, 0);
    expect(codeOf(() => again.get('kept', 'here'))).toBe('STORE_DAMAGED');
    again.close();
  });

  it('stays damaged for a process that has seen it', { tags: ['store-damaged'] }, () => {
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
    ['is not there', () => undefined],
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

  it('makes no file only to be read', () => {
    const dir = tempFolder();
    const store = createStore(dir);
    store.check();
    store.get('a', 'b');
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['a folder lies in its place', (file: string) => mkdirSync(file)],
    ['its log is a folder', (file: string) => [makeStore(join(file, '..')), mkdirSync(`${file}-wal`), new Libsql(file)]],
    ['its table has another shape', (file: string) => new Libsql(file).exec('CREATE TABLE entry (a TEXT)')],
    ['it is a link to a folder that is not there', (file: string) => symlinkSync('/nonexistent/folder/file', file)],
  ])('is unavailable, and never read as empty, when %s', { tags: ['store-unavailable'] }, (name, prepare) => {
    const dir = tempFolder();
    prepare(join(dir, 'state.db'));
    const store = createStore(dir);
    const expected = name.startsWith('it is a link')
      ? ['ok', 'STATE_STORE_UNAVAILABLE']
      : ['STATE_STORE_UNAVAILABLE', 'STATE_STORE_UNAVAILABLE'];
    expect([codeOf(() => store.get('a', 'b')), codeOf(() => store.set('a', 'b', 'c'))]).toEqual(expected);
    expect(codeOf(() => store.refuseDamage())).toBe('ok');
    store.close();
  });
});
