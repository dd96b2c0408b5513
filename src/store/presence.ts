import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import { GatewayError } from '../core/errors.ts';
import { connect, isBusy } from './database.ts';

/**
 * Locks a file to show other processes that this one has the store open, until the returned function is called. The file
 * lies beside the store, so this works for a damaged store too. The system releases the lock when the process ends.
 */
export function showPresence(dir: string): () => void {
  let db: Database.Database | undefined;
  try {
    db = lockFile(dir);
    db.exec('PRAGMA busy_timeout = 2000');
    // A read transaction holds a shared lock until it ends.
    db.exec('BEGIN; SELECT count(*) FROM sqlite_master');
  } catch (error) {
    db?.close();
    db = undefined;
    if (isBusy(error)) throw new GatewayError('STATE_STORE_UNAVAILABLE', `The store in ${dir} is being repaired by another process.`);
    // On a file system without locks only `repair` knows less, so the store is used anyway.
  }
  return () => db?.close();
}

/** Runs a function while no other process has the store open; undefined if one has. */
export function whileAlone<T>(dir: string, run: () => T): { readonly value: T } | undefined {
  const db = lockFile(dir);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  try {
    return { value: run() };
  } finally {
    db.close();
  }
}

function lockFile(dir: string): Database.Database {
  const file = join(dir, 'state.lock');
  const isNew = !existsSync(file);
  const db = connect(file);
  if (isNew) chmodSync(file, 0o600);
  return db;
}
