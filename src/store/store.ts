import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import type { Keep } from '../core/host.ts';

/** Texts kept across restarts in one SQLite file, in named spaces. Opens on first use. */
export interface Store {
  get(space: string, key: string): string | undefined;
  set(space: string, key: string, value: string): void;
  /** Writes only where there is nothing yet; false where there was. Of several processes, one gets true. */
  add(space: string, key: string, value: string): boolean;
  delete(space: string, key: string): void;
  entries(space: string): ReadonlyMap<string, string>;
  close(): void;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS entry (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID';

/** The store below a state folder: `state.db`, readable by its owner alone. Several gateways may share it. */
export function createStore(dir: string): Store {
  const file = join(dir, 'state.db');
  let opened: Database.Database | undefined;

  const open = (): Database.Database => {
    if (opened) return opened;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // Loaded here and not above: the native library costs time that a start without stored data need not pay.
    const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;
    const db = new Libsql(file);
    chmodSync(file, 0o600);
    db.exec('PRAGMA busy_timeout = 2000');
    db.exec('PRAGMA journal_mode = WAL');
    // What is forgotten, such as a token, is not to be read from the file either.
    db.exec('PRAGMA secure_delete = ON');
    db.exec(TABLE);
    opened = db;
    return db;
  };

  // Where nothing was ever kept there is nothing to read, and no file is made for it.
  const openToRead = (): Database.Database | undefined => opened ?? (existsSync(file) ? open() : undefined);

  return {
    get(space, key) {
      const row = openToRead()?.prepare('SELECT value FROM entry WHERE space = ? AND key = ?').get(space, key) as
        | { value: string }
        | undefined;
      return row?.value;
    },
    set(space, key, value) {
      open().prepare('INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(space, key, value);
    },
    add(space, key, value) {
      return open().prepare('INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(space, key, value).changes === 1;
    },
    delete(space, key) {
      openToRead()?.prepare('DELETE FROM entry WHERE space = ? AND key = ?').run(space, key);
    },
    entries(space) {
      const rows = (openToRead()?.prepare('SELECT key, value FROM entry WHERE space = ?').all(space) ?? []) as {
        key: string;
        value: string;
      }[];
      return new Map(rows.map((row) => [row.key, row.value]));
    },
    close() {
      opened?.close();
      opened = undefined;
    },
  };
}

/** The space of what one plugin keeps. */
export function spaceOf(pluginId: string): string {
  return `plugin:${pluginId}`;
}

/** One space of a store. */
export function keepOf(store: Store, space: string): Keep {
  return {
    get: (key) => store.get(space, key),
    set: (key, value) => store.set(space, key, value),
    add: (key, value) => store.add(space, key, value),
    delete: (key) => store.delete(space, key),
    entries: () => store.entries(space),
  };
}
