import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import { GatewayError } from '../core/errors.ts';
import { checkEmptied, checkHeader, checkPages, connect, inTransaction, openDatabase, settle, withoutWaiting } from './database.ts';
import { isDamage, storeDamaged, toStoreError } from './faults.ts';
import { createTables, isMigrated, isNewer, migrate, refuseNewer } from './migrate.ts';
import { showPresence } from './presence.ts';

/**
 * The database file of a state folder, opened on first use and then migrated. Every method throws STORE_DAMAGED, STORE_NEWER
 * or STATE_STORE_UNAVAILABLE if the file cannot be used; once damage was seen, every method does.
 */
export interface StateFile {
  /** Runs queries; returns `nothing` if there is no file yet. */
  read<T>(nothing: T, use: (db: Database.Database) => T): T;
  /** Like `read`, for the table `entry` alone: works on an older store that cannot be migrated, such as on a full disk. */
  readEntries<T>(nothing: T, use: (db: Database.Database) => T): T;
  /** Runs writes in one transaction; creates the file if it does not exist. */
  write<T>(use: (db: Database.Database) => T): T;
  /** Moves the log into the file, so that a copy of the file alone has all writes. */
  settle(): void;
  /** Runs one write without waiting for a lock or the disk; false if another process holds the lock. */
  note(use: (db: Database.Database) => void): boolean;
  /** Checks every page of the file. A store that does not exist yet is valid. */
  check(): void;
  /** Another text after each commit of another process, and if the file is created or replaced. Never throws. */
  foreignVersion(): string | undefined;
  /** Throws STORE_DAMAGED if damage is known, or if the file has changed and is now damaged; STORE_NEWER if it is too new. */
  refuseUnusable(): void;
  close(): void;
}

type Mark = Pick<Stats, 'ino' | 'size' | 'mtimeMs'>;

/** A file that was removed while it was in use; the open database still has its contents. */
const REMOVED: Mark = { ino: -1, size: 0, mtimeMs: 0 };

/** Delay before reads try a failed migration again, because each try may wait for a lock. */
const MIGRATE_AGAIN_MS = 5_000;

/** The database `state.db` of a state folder, which only the owner can read. Several gateways may share it. */
export function createStateFile(dir: string): StateFile {
  const file = storeFile(dir);
  let opened: Database.Database | undefined;
  let migrated = false;
  let migrateAgain = Number.NEGATIVE_INFINITY;
  let leave: (() => void) | undefined;
  let damage: GatewayError | undefined;
  let checked: Mark | undefined;

  const closeDatabase = (): void => {
    opened?.close();
    opened = undefined;
    migrated = false;
  };

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
    if (checked && now.ino !== checked.ino) closeDatabase();
    // A newer gateway may have migrated it meanwhile.
    if (opened) refuseNewer(opened, file);
    checked = now;
  };

  const open = (): Database.Database => {
    if (opened) return opened;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    leave ??= showPresence(dir);
    const isNew = !markOf(file);
    if (isNew) createFile(file);
    let db: Database.Database | undefined;
    try {
      db = openDatabase(file);
      refuseNewer(db, file);
      migrated = isMigrated(db);
    } catch (error) {
      db?.close();
      // An empty file left by a full disk would count as an emptied store.
      if (isNew && markOf(file)?.size === 0) rmSync(file);
      throw error;
    }
    opened = db;
    checked = markOf(file);
    return db;
  };

  const openMigrated = (): Database.Database => {
    const db = open();
    if (migrated) return db;
    migrateAgain = performance.now() + MIGRATE_AGAIN_MS;
    migrate(db);
    // The log would hide damage to the pages that the migration has changed.
    settle(db);
    migrated = true;
    checked = markOf(file);
    return db;
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

  // Reading does not create the file.
  const isThere = (): boolean => {
    look(false);
    return opened !== undefined || markOf(file) !== undefined;
  };

  return {
    read: (nothing, use) => guarded(() => (isThere() ? use(openMigrated()) : nothing)),
    readEntries: (nothing, use) =>
      guarded(() => {
        if (!isThere()) return nothing;
        const db = open();
        let fault: unknown;
        try {
          if (performance.now() >= migrateAgain) openMigrated();
        } catch (error) {
          if (isDamage(toStoreError(file, error))) throw error;
          fault = error;
        }
        try {
          return use(db);
        } catch (error) {
          throw fault ?? error;
        }
      }),
    write: (use) =>
      guarded(() => {
        look(false);
        const db = openMigrated();
        return inTransaction(db, () => use(db));
      }),
    note: (use) =>
      guarded(() => {
        look(false);
        const db = openMigrated();
        return withoutWaiting(db, () => use(db));
      }),
    settle() {
      if (opened) settle(opened);
    },
    check: () => guarded(() => look(true)),
    foreignVersion() {
      try {
        const ino = markOf(file)?.ino;
        const row = opened?.prepare('PRAGMA data_version').get() as { data_version: number } | undefined;
        return `${ino} ${row?.data_version}`;
      } catch {
        return undefined;
      }
    },
    refuseUnusable() {
      try {
        guarded(() => void (isThere() && open()));
      } catch (error) {
        if (isDamage(error) || isNewer(error)) throw error;
      }
    },
    close() {
      if (opened) settle(opened);
      closeDatabase();
      leave?.();
      leave = undefined;
    },
  };
}

/** The store's file in a state folder. */
export function storeFile(dir: string): string {
  return join(dir, 'state.db');
}

// Built under another name: a process that is killed while it creates the file would leave an empty one, which counts as damage.
function createFile(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const db = connect(draft);
    try {
      inTransaction(db, () => createTables(db));
    } finally {
      db.close();
    }
    linkSync(draft, file);
  } catch (error) {
    const { code, rawCode } = error as { code?: string; rawCode?: number };
    // Another process was faster. Some file systems have no links: SQLite then creates the file itself.
    if (rawCode !== undefined || !code?.startsWith('E')) throw error;
  } finally {
    for (const end of ['', '-journal']) rmSync(draft + end, { force: true });
  }
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
