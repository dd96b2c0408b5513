import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { VERSION } from '../../../src/core/package.ts';
import { openState } from '../../../src/store/open-state.ts';
import { examine } from '../../../src/store/repair.ts';
import { createStore } from '../../../src/store/store.ts';
import { DAMAGE, makeStore } from '../../support/damage.ts';
import { tempFolder } from '../../support/temp.ts';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;

function faultOf(run: () => unknown): { code?: string; message?: string; fix?: string } {
  try {
    run();
    return {};
  } catch (error) {
    return error as { code: string; message: string; fix: string };
  }
}

function edit(file: string, sql: string): void {
  const db = new Libsql(file);
  db.exec(sql);
  db.close();
}

/** A store as the version before wrote it. */
function oldStore(dir: string): string {
  const file = makeStore(dir, { 'disabled-plugins': ['risky'], grants: ['g'] });
  const head = JSON.stringify({ seq: 3, chain: 'abc', file: '2026-12-01.jsonl', at: 5 });
  edit(file, `INSERT INTO entry VALUES ('audit-heads', 'run-1', '${head}'), ('audit-heads', 'run-2', '{}')`);
  return file;
}

describe('a store of the version before', () => {
  it('keeps its data and gets the new tables on first use', { tags: ['store-migrates'] }, () => {
    const dir = tempFolder();
    const file = oldStore(dir);
    const store = createStore(dir);
    expect([...store.entries('disabled-plugins').keys(), ...store.keys('grants')]).toEqual(['risky', 'g']);
    expect(store.keys('plugin:p')).toHaveLength(500);
    expect(store.keys('audit-heads')).toEqual([]);
    expect(Object.fromEntries(store.auditHeads.all())).toEqual({
      'run-1': { seq: 3, chain: 'abc', file: '2026-12-01.jsonl' },
      // An invalid head must not be treated as missing.
      'run-2': { seq: Number.MAX_SAFE_INTEGER, chain: '', file: '' },
    });
    store.close();
    expect(readFileSync(file).readUInt32BE(60)).toBe(2);
  });

  it('may still be written by a gateway of that version', { tags: ['store-migrates'] }, () => {
    const dir = tempFolder();
    const file = oldStore(dir);
    const old = new Libsql(file);
    const store = createStore(dir);
    store.auditHeads.set('run-1', { seq: 9, chain: 'new', file: 'f' }, 1);
    old.exec("CREATE TABLE IF NOT EXISTS entry (a); INSERT INTO entry VALUES ('disabled-plugins', 'later', 'now')");
    const heads = { 'run-1': 4, 'run-3': 1 };
    for (const [run, seq] of Object.entries(heads)) {
      old.exec(`INSERT INTO entry VALUES ('audit-heads', '${run}', '${JSON.stringify({ seq, chain: 'old', file: 'f', at: 5 })}')`);
    }
    expect([...store.entries('disabled-plugins').keys()]).toEqual(['later', 'risky']);
    const all = store.auditHeads.all();
    expect([all.get('run-1')?.seq, all.get('run-3')?.chain]).toEqual([9, 'old']);
    old.close();
    store.close();
  });

  it('can be read, but not written, while it cannot be migrated', { tags: ['store-migrates', 'store-unavailable'] }, () => {
    const dir = tempFolder();
    const file = oldStore(dir);
    // The name of a table is taken, which stands for a full or read-only disk.
    edit(file, 'CREATE VIEW pin AS SELECT 1');
    const store = createStore(dir);
    expect([...store.entries('disabled-plugins').keys()]).toEqual(['risky']);
    expect(store.get('grants', 'g')).toBe('"x"');
    for (const use of [() => store.set('grants', 'g', 'y'), () => store.note('grants', 'g', 'y'), () => store.auditHeads.all()])
      expect(faultOf(use).code).toBe('STATE_STORE_UNAVAILABLE');
    edit(file, 'DROP VIEW pin');
    store.set('grants', 'g', 'y');
    expect([store.get('grants', 'g'), store.auditHeads.all().size]).toEqual(['y', 2]);
    store.close();
  });
});

describe('a store of a newer version', () => {
  const newer = (dir: string, reader: string | undefined): string => {
    const store = createStore(dir);
    store.set('disabled-plugins', 'risky', 'x');
    store.close();
    const file = join(dir, 'state.db');
    edit(file, 'PRAGMA user_version = 9');
    if (reader === undefined) edit(file, "DELETE FROM entry WHERE space = 'store'");
    else edit(file, `UPDATE entry SET value = '${reader}' WHERE space = 'store' AND key = 'min_reader'`);
    return file;
  };

  it('is used, and not changed back, if it only adds', { tags: ['store-newer'] }, () => {
    const dir = tempFolder();
    const file = newer(dir, '{"reader":2,"version":"0.9.0"}');
    const store = createStore(dir);
    store.refuseUnusable();
    expect(store.get('disabled-plugins', 'risky')).toBe('x');
    store.set('a', 'b', 'c');
    store.close();
    expect(readFileSync(file).readUInt32BE(60)).toBe(9);
  });

  it.each([
    ['{"reader":3,"version":"1.2.0"}', /plugmux 1\.2\.0/, 'npm install -g plugmux@1.2.0`'],
    ['{"reader":9}', /a newer version/, 'npm install -g plugmux@latest`'],
    ['{"reader":3,"version":"1; rm -rf /"}', /a newer version/, 'npm install -g plugmux@latest`'],
    ['damaged', /a newer version/, 'npm install -g plugmux@latest`'],
    [undefined, /a newer version/, 'npm install -g plugmux@latest`'],
  ])('is refused for any use and not changed, with the version to install: %s', { tags: ['store-newer'] }, (reader, names, install) => {
    const dir = tempFolder();
    const file = newer(dir, reader);
    const before = readFileSync(file);
    const store = createStore(dir);
    for (const use of [
      () => store.refuseUnusable(),
      () => store.get('disabled-plugins', 'risky'),
      () => store.set('a', 'b', 'c'),
      () => store.auditHeads.all(),
    ]) {
      const { code, message, fix } = faultOf(use);
      expect(code).toBe('STORE_NEWER');
      expect(message).toMatch(names);
      expect(message).toContain(`this is plugmux ${VERSION}`);
      expect(fix).toContain(install);
    }
    store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused by a gateway that has it open when it is migrated', { tags: ['store-newer'] }, () => {
    const dir = tempFolder();
    const store = createStore(dir);
    store.set('disabled-plugins', 'risky', 'x');
    newer(dir, '{"reader":3,"version":"1.2.0"}');
    expect(faultOf(() => store.set('a', 'b', 'c')).code).toBe('STORE_NEWER');
    store.close();
  });
});

describe('a damaged store with the new tables', () => {
  const filled = (dir: string): string => {
    const { store, settings } = openState(dir, silentLog, () => undefined, {});
    const many = Array.from({ length: 500 }, (_, i) => [`key${i}`, 'v'.repeat(100)]);
    settings.save('p', { settings: Object.fromEntries(many), secrets: Object.fromEntries(many) }, 'test');
    for (let i = 0; i < 100; i++) store.auditHeads.set(`run-${i}`, { seq: 1, chain: 'c', file: 'f' }, 1);
    store.file.write((db) => db.exec("INSERT INTO pin VALUES ('f', 'p', 't', 's', 1, 'x')"));
    store.set('disabled-plugins', 'risky', '2026-01-01T00:00:00.000Z');
    store.close();
    return join(dir, 'state.db');
  };

  it.each(Object.entries(DAMAGE))('is detected in use and before: %s', { tags: ['store-damaged'] }, (_, damage) => {
    const dir = tempFolder();
    const file = filled(dir);
    const { store, settings } = openState(dir, silentLog, () => undefined, {});
    expect(settings.settings('p').size).toBe(500);
    damage(file);
    expect(faultOf(() => settings.settings('p')).code).toBe('STORE_DAMAGED');
    store.close();
    expect(faultOf(() => openState(dir, silentLog, () => undefined, {}).store.refuseUnusable()).code).toBe('STORE_DAMAGED');
  });

  it('is reported with everything that can still be read', { tags: ['store-repair'] }, () => {
    const dir = tempFolder();
    const file = filled(dir);
    const { length } = readFileSync(file);
    // One page in the middle: the rows in other pages are still readable.
    const db = new Libsql(file);
    const [page] = db
      .prepare("SELECT pageno FROM dbstat WHERE name = 'secret' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 3")
      .raw()
      .all() as number[][];
    db.close();
    const bytes = readFileSync(file);
    bytes.fill(0xee, ((page?.[0] ?? 0) - 1) * 4096, (page?.[0] ?? 0) * 4096);
    writeFileSync(file, bytes);
    expect(bytes).toHaveLength(length);
    const { damage, left } = examine(dir);
    expect(damage?.code).toBe('STORE_DAMAGED');
    const sizes = Object.fromEntries([...left].map(([space, keys]) => [space, keys.size]));
    expect(sizes).toMatchObject({ setting: 500, audit_head: 100, pin: 1, 'disabled-plugins': 1 });
    expect(sizes.secret).toBeGreaterThan(100);
    expect(left.get('pin')).toEqual(new Set(['["f","p","t","s"]']));
    expect(sizes.store).toBeUndefined();
  });
});
