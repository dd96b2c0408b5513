import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import { makeStore } from '../support/damage.ts';
import { killMigrations, killWriters } from '../support/store-kills.ts';
import { tempFolder } from '../support/temp.ts';

const CHILD = fileURLToPath(new URL('../fixtures/store-child.mjs', import.meta.url));
const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;

/** Runs the same command in several processes that begin at the same moment; returns what each printed. */
async function together(count: number, command: string, dir: string): Promise<string[]> {
  const start = String(Date.now() + 600);
  const runs = Array.from({ length: count }, () =>
    promisify(execFile)(process.execPath, [CHILD, command, dir, start], { timeout: 20_000 }),
  );
  return (await Promise.all(runs)).map(({ stdout }) => stdout);
}

describe('processes that start at the same moment', () => {
  it('migrate a store of the version before once, and all use it', { tags: ['store-migrates'] }, async () => {
    for (let round = 0; round < 3; round++) {
      const dir = tempFolder();
      const file = makeStore(dir, { 'disabled-plugins': ['risky'] });
      const db = new Libsql(file);
      for (let i = 0; i < 200; i++)
        db.exec(`INSERT INTO entry VALUES ('audit-heads', 'run-${i}', '{"seq":${i},"chain":"c","file":"f","at":1}')`);
      db.close();
      const results = await together(4, 'migrate', dir);
      expect(new Set(results)).toEqual(new Set([JSON.stringify({ heads: 200, risky: '"x"' })]));
      const store = createStore(dir);
      store.check();
      expect([store.keys('migrated').length, store.keys('plugin:p').length, store.auditHeads.all().size]).toEqual([4, 500, 200]);
      store.close();
    }
  });

  it('wait for one that writes the store while its journal is switched', { tags: ['store-migrates'] }, async () => {
    const dir = tempFolder();
    makeStore(dir, { 'disabled-plugins': ['risky'] });
    const writer = execFile(process.execPath, [CHILD, 'hold', dir]);
    await once(writer.stdout as Readable, 'data');
    const store = createStore(dir);
    expect(store.keys('disabled-plugins')).toEqual(['risky']);
    store.close();
  });

  it('create one store, and none loses a write', { tags: ['store-migrates'] }, async () => {
    for (let round = 0; round < 3; round++) {
      const dir = tempFolder();
      await together(4, 'migrate', dir);
      const store = createStore(dir);
      expect(store.keys('migrated')).toHaveLength(4);
      store.close();
      expect(readdirSync(dir).filter((name) => /^state\.db\.[0-9a-f]/.test(name))).toEqual([]);
    }
  });

  it.each([
    ['a missing', () => undefined],
    ['an empty', (file: string) => writeFileSync(file, '')],
    ['a truncated', (file: string) => [writeFileSync(file, Buffer.alloc(32, 1)), truncateSync(file, 20)]],
  ])('agree on one key in place of %s one', { tags: ['store-sealed'] }, async (_, prepare) => {
    for (let round = 0; round < 3; round++) {
      const dir = tempFolder();
      const file = join(dir, 'key');
      prepare(file);
      const keys = await together(5, 'key', dir);
      expect(new Set(keys)).toEqual(new Set([readFileSync(file).toString('hex')]));
      expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('a process that is killed', () => {
  it('leaves each save and each migration applied as a whole or not at all', { tags: ['store-killed'] }, async () => {
    expect((await killWriters(20)).faults).toEqual([]);
    expect((await killMigrations(10)).faults).toEqual([]);
  });
});
