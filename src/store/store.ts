import { lstatSync, mkdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import type { PluginStore } from '../core/contract/plugin-store.ts';
import { GatewayError } from '../core/errors.ts';
import { checkEmptied, checkHeader, checkPages, inTransaction, openDatabase, settle, withoutWaiting } from './database.ts';
import { isDamage, storeDamaged, toStoreError } from './faults.ts';
import { showPresence } from './presence.ts';

/**
 * Namespaced key-value store in one SQLite file, opened on first use. Every method throws STORE_DAMAGED
 * or STATE_STORE_UNAVAILABLE if the file cannot be used; once damage was seen, every method does.
 */
export interface Store {
  get(space: string, key: string): string | undefined;
  set(space: string, key: string, value: string): void;
  /** Writes only if the key does not exist; false if it does. If several processes try, one gets true. */
  add(space: string, key: string, value: string): boolean;
  delete(space: string, key: string): void;
  entries(space: string): ReadonlyMap<string, string>;
  /** The keys of a space, without reading the values. */
  keys(space: string): readonly string[];
  /** Writes without waiting for a lock or the disk; false if another process holds the lock. */
  note(space: string, key: string, value: string): boolean;
  /** Checks every page of the file. A store that does not exist yet is valid. */
  check(): void;
  /** Throws STORE_DAMAGED if damage is known, or if the file has changed and is now damaged. */
  refuseDamage(): void;
  close(): void;
}

const SET = 'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
const ADD = 'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO NOTHING';

type Mark = Pick<Stats, 'ino' | 'size' | 'mtimeMs'>;

/** A file that was removed while it was in use; the open database still has its contents. */
const REMOVED: Mark = { ino: -1, size: 0, mtimeMs: 0 };

/** The space of plugins that administrators have disabled. */
export const DISABLED_SPACE = 'disabled-plugins';

/** The store's file in a state folder. */
export function storeFile(dir: string): string {
  return join(dir, 'state.db');
}

/** The store in a state folder: `state.db`, which only the owner can read. Several gateways may share it. */
export function createStore(dir: string): Store {
  const file = storeFile(dir);
  let opened: Database.Database | undefined;
  let leave: (() => void) | undefined;
  let damage: GatewayError | undefined;
  let checked: Mark | undefined;

  // An open database caches its pages, so damage to the file would be detected late or never.
  const look = (fully: boolean): void => {
    const now = markOf(file);
    if (!now && checked) checked = REMOVED;
    // Without an open database there are no cached pages.
    if (!now || (isSame(now, checked) && !(fully && opened))) return;
    if (now.size === 0 && (checked?.size ?? 0) > 0) throw storeDamaged(file, 'it was emptied while it was in use');
    if (!opened) checkHeader(file);
    if (!checked) checkEmptied(file, dir);
    if (now.size > 0) checkPages(file);
    // The file was replaced by another one, which is valid.
    if (checked && now.ino !== checked.ino) {
      opened?.close();
      opened = undefined;
    }
    checked = now;
  };

  const open = (): Database.Database => {
    if (opened) return opened;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    leave ??= showPresence(dir);
    const isNew = !markOf(file);
    try {
      opened = openDatabase(file);
    } catch (error) {
      // An empty file left by a full disk would count as an emptied store.
      if (isNew && markOf(file)?.size === 0) rmSync(file);
      throw error;
    }
    checked = markOf(file);
    return opened;
  };

  const guarded = <T>(use: () => T): T => {
    if (damage) throw damage;
    try {
      return use();
    } catch (error) {
      const fault = toStoreError(file, error);
      if (isDamage(fault)) damage = fault;
      throw fault;
    }
  };

  const write = <T>(use: (db: Database.Database) => T): T =>
    guarded(() => {
      look(false);
      return use(open());
    });

  // Reading does not create the file.
  const read = <T>(nothing: T, use: (db: Database.Database) => T): T =>
    guarded(() => {
      look(false);
      return opened || markOf(file) ? use(open()) : nothing;
    });

  return {
    get(space, key) {
      const row = read(undefined, (db) => db.prepare('SELECT value FROM entry WHERE space = ? AND key = ?').get(space, key)) as
        | { value: string }
        | undefined;
      return row?.value;
    },
    set(space, key, value) {
      write((db) => {
        inTransaction(db, () => db.prepare(SET).run(space, key, value));
        // A disabled plugin must stay disabled even if only the file is copied, without its log.
        if (space === DISABLED_SPACE) settle(db);
      });
    },
    add(space, key, value) {
      return write((db) => inTransaction(db, () => db.prepare(ADD).run(space, key, value).changes === 1));
    },
    delete(space, key) {
      read(undefined, (db) => inTransaction(db, () => db.prepare('DELETE FROM entry WHERE space = ? AND key = ?').run(space, key)));
    },
    entries(space) {
      const rows = read([], (db) => db.prepare('SELECT key, value FROM entry WHERE space = ?').all(space)) as {
        key: string;
        value: string;
      }[];
      return new Map(rows.map((row) => [row.key, row.value]));
    },
    keys(space) {
      return (read([], (db) => db.prepare('SELECT key FROM entry WHERE space = ?').all(space)) as { key: string }[]).map(({ key }) => key);
    },
    note(space, key, value) {
      return write((db) => withoutWaiting(db, () => void db.prepare(SET).run(space, key, value)));
    },
    check: () => guarded(() => look(true)),
    refuseDamage() {
      try {
        guarded(() => look(false));
      } catch (error) {
        if (isDamage(error)) throw error;
      }
    },
    close() {
      if (opened) settle(opened);
      opened?.close();
      opened = undefined;
      leave?.();
      leave = undefined;
    },
  };
}

// Uses `stat` by name: closing a descriptor on this file would drop the locks that SQLite holds on it.
function markOf(file: string): Mark | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // A dangling link, such as to a disk that is not mounted, is not a new store.
    if (lstatSync(file, { throwIfNoEntry: false }))
      throw new GatewayError('STATE_STORE_UNAVAILABLE', `The store ${file} cannot be used: it is a link to a file that does not exist.`);
    return undefined;
  }
}

function isSame(a: Mark, b: Mark | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** The space for the data of one plugin. */
export function pluginNamespace(pluginId: string): string {
  return `plugin:${pluginId}`;
}

/** One space of a store. */
export function storeFor(store: Store, space: string): PluginStore {
  return {
    get: (key) => store.get(space, key),
    set: (key, value) => store.set(space, key, value),
    add: (key, value) => store.add(space, key, value),
    delete: (key) => store.delete(space, key),
    entries: () => store.entries(space),
  };
}
