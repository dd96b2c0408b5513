import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import { storeDamaged } from './faults.ts';

const WAIT_MS = 2000;
/** Short, because it blocks the event loop, and the check is repeated a few seconds later. */
const CHECK_WAIT_MS = 1000;

/** Connects to a database file; creates it if it does not exist. */
export function connect(file: string): Database.Database {
  return new (loadLibrary())(file);
}

let library: typeof Database | undefined;

// Loaded on first use: loading the native library takes time that a start without stored data does not need. A part of it is
// a report of the whole process, by which it tells glibc from musl. Without one it reads a small file for that first.
function loadLibrary(): typeof Database {
  if (library) return library;
  const { report } = process;
  const { getReport } = report;
  if (process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'))
    report.getReport = () => {
      report.getReport = getReport;
      return {};
    };
  try {
    library = createRequire(import.meta.url)('libsql') as typeof Database;
  } finally {
    report.getReport = getReport;
  }
  return library;
}

/** Opens the store's database. Only the owner can read the file. */
export function openDatabase(file: string): Database.Database {
  const db = connect(file);
  try {
    chmodSync(file, 0o600);
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    switchToWal(db);
    // Deleted values, such as tokens, must not stay readable in the file.
    db.exec('PRAGMA secure_delete = ON');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

// While several processes switch the mode of one file, SQLite answers BUSY at once, without waiting for `busy_timeout`.
function switchToWal(db: Database.Database): void {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
      Atomics.wait(PAUSE, 0, 0, 10);
    }
  }
}

/** Moves the contents of the write-ahead log into the file, unless another process is reading. */
export function settle(db: Database.Database): void {
  try {
    db.exec('PRAGMA busy_timeout = 0');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The data stays in the log.
  } finally {
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
  }
}

/**
 * Runs writes in one transaction. Without it, a prepared statement that meets the lock of another process would stay active
 * until it is collected: later writes would not be committed, and would lock out every other process.
 */
export function inTransaction<T>(db: Database.Database, run: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has ended the transaction itself after some faults, such as a full disk.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const BUSY = 5;

/** Whether an error means that another process holds the lock. */
export function isBusy(error: unknown): boolean {
  const { rawCode } = error as { rawCode?: unknown };
  return typeof rawCode === 'number' && (rawCode & 0xff) === BUSY;
}

/** Runs one write without waiting; false if another process holds the lock. A power failure can lose it. */
export function withoutWaiting(db: Database.Database, run: () => void): boolean {
  db.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = NORMAL');
  try {
    inTransaction(db, run);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}; PRAGMA synchronous = FULL`);
  }
}

const MAGIC = 'SQLite format 3\0';

/**
 * Checks the first bytes of a file before SQLite opens it, because SQLite removes the log beside a file that is not a
 * database. The file must not be open as a database: closing a descriptor drops the locks that SQLite holds on it.
 */
export function checkHeader(file: string, shown = file): void {
  if (!statSync(file).isFile()) return;
  const bytes = Buffer.alloc(MAGIC.length);
  const fd = openSync(file, 'r');
  const read = readSync(fd, bytes, 0, bytes.length, 0);
  closeSync(fd);
  if (read === bytes.length && bytes.toString('latin1') !== MAGIC) throw storeDamaged(shown, 'file is not a database');
}

/** Throws STORE_DAMAGED if a file was emptied. SQLite would treat it as a new database and discard the log beside it. */
export function checkEmptied(file: string, dir: string, shown = file): void {
  if (sizeOf(file) !== 0 || !(sizeOf(`${file}-wal`) || existsSync(join(dir, 'key')))) return;
  // Another process may be creating it at this moment.
  for (let tries = 0; tries < 10 && sizeOf(file) === 0; tries++) Atomics.wait(PAUSE, 0, 0, 50);
  if (sizeOf(file) === 0) throw storeDamaged(shown, 'it was emptied');
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function sizeOf(file: string): number | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

// Takes 1.9 ms per MB; stores are far below one. A prepared statement would keep the file open until it is collected, long
// after its connection is closed, so the query signals a fault by an error instead of a row.
function isWhole(db: Database.Database): boolean {
  try {
    db.exec("SELECT CASE WHEN (SELECT quick_check FROM pragma_quick_check(1)) <> 'ok' THEN json('no') END");
    return true;
  } catch {
    return false;
  }
}

/** Checks every page of a database over a new connection, which has no cached pages. Throws STORE_DAMAGED. */
export function checkPages(file: string, shown = file): void {
  const db = connect(file);
  try {
    db.exec(`PRAGMA busy_timeout = ${CHECK_WAIT_MS}`);
    if (isWhole(db)) return;
    const [row] = db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
    const finding = row?.quick_check ?? '';
    if (finding !== 'ok') throw storeDamaged(shown, finding.replace(/^\*+ .*? \*+\s*/, '').replace(/\s+/g, ' '));
  } finally {
    db.close();
  }
}
