import { lstatSync, mkdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import type { PluginStore } from '../core/contract/host.ts';
import { GatewayError } from '../core/errors.ts';
import { checkEmptied, checkHeader, checkPages, openDatabase, settle, withoutWaiting } from './database.ts';
import { isDamage, storeDamaged, toStoreError } from './faults.ts';
import { showPresence } from './presence.ts';

/**
 * Namespaced key-value store in one SQLite file, opened on first use. Every method throws STORE_DAMAGED
 * or STATE_STORE_UNAVAILABLE if the file cannot be used; once damage was seen, every method does.
 */
export interface Store {
  get(space: string, key: string): string | undefined;
  set(space: string, key: string, value: string): void;
  /** Writes only where there is nothing yet; false where there was. Of several processes, one gets true. */
  add(space: string, key: string, value: string): boolean;
  delete(space: string, key: string): void;
  entries(space: string): ReadonlyMap<string, string>;
  /** The keys of a space, without reading the values. */
  keys(space: string): readonly string[];
  /** Writes without waiting, neither for a lock nor for the disk; false if another process holds the lock. */
  note(space: string, key: string, value: string): boolean;
  /** Reads every page of the file. A store that does not exist yet is whole. */
  check(): void;
  /** Throws STORE_DAMAGED if damage is known, or if the file has changed and is damaged now. */
  refuseDamage(): void;
  close(): void;
}

const SET = 'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';

type Mark = Pick<Stats, 'ino' | 'size' | 'mtimeMs'>;

/** A file that was removed while it was in use: what is open still holds what it held. */
const GONE: Mark = { ino: -1, size: 0, mtimeMs: 0 };

/** The space of what administrators decided about whole plugins. */
export const DISABLED_SPACE = 'disabled-plugins';

/** The file below a state folder that holds the store. */
export function storeFile(dir: string): string {
  return join(dir, 'state.db');
}

/** The store below a state folder: `state.db`, readable by its owner alone. Several gateways may share it. */
export function createStore(dir: string): Store {
  const file = storeFile(dir);
  let opened: Database.Database | undefined;
  let leave: (() => void) | undefined;
  let damage: GatewayError | undefined;
  let checked: Mark | undefined;

  // A database in use caches its pages, so damage done to the file would show late or never.
  const look = (fully: boolean): void => {
    const now = markOf(file);
    if (!now && checked) checked = GONE;
    // Without an open database there is no cache that could mislead.
    if (!now || (isSame(now, checked) && !(fully && opened))) return;
    if (now.size === 0 && (checked?.size ?? 0) > 0) throw storeDamaged(file, 'it was emptied while it was in use');
    if (!opened) checkHeader(file);
    if (!checked) checkEmptied(file, dir);
    if (now.size > 0) checkPages(file);
    // What lies there now is another file, and it is whole.
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
      // What a full disk left of a new store would count as an emptied one.
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

  // Where nothing was ever kept there is nothing to read, and no file is made for it.
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
        db.prepare(SET).run(space, key, value);
        // What was closed must stay closed, even where only the file itself is copied or kept.
        if (space === DISABLED_SPACE) settle(db);
      });
    },
    add(space, key, value) {
      return write((db) => db.prepare('INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(space, key, value).changes === 1);
    },
    delete(space, key) {
      read(undefined, (db) => db.prepare('DELETE FROM entry WHERE space = ? AND key = ?').run(space, key));
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

// Only its name is looked at: closing a descriptor of our own on this file would drop the locks that SQLite holds on it.
function markOf(file: string): Mark | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // A link that leads nowhere, such as to a disk that is not mounted, is no store that was never made.
    if (lstatSync(file, { throwIfNoEntry: false }))
      throw new GatewayError('STATE_STORE_UNAVAILABLE', `The store ${file} cannot be used: it is a link to a file that does not exist.`);
    return undefined;
  }
}

function isSame(a: Mark, b: Mark | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** The space of what one plugin keeps. */
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
