import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'libsql';
import { connect } from './database.ts';
import { STORE_SPACE } from './migrate.ts';
import { DISABLED_SPACE } from './store.ts';

/** The keys that are still readable in a damaged store, by space, or by table as JSON arrays. */
export type Salvage = ReadonlyMap<string, ReadonlySet<string>>;

/** Key columns of the tables; the rows of `entry` are listed by their space, those of others by the name of the table. */
export const KEY_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  entry: ['space', 'key'],
  setting: ['plugin', 'key'],
  secret: ['plugin', 'key'],
  console_session: ['digest'],
  login_code: ['digest'],
  tool_switch: ['profile', 'plugin', 'tool'],
  pin: ['config', 'plugin', 'tool', 'surface'],
  audit_head: ['run'],
};

const MAX_SCAN_SIZE = 256 * 1024 * 1024;
// A record stores its texts consecutively: the space, the plugin's id, the time it was disabled.
const DISABLED_RECORD = new RegExp(
  `${DISABLED_SPACE}([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}?)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z`,
  'g',
);

/** Runs a function on a copy of a store, because SQLite modifies files it opens; on the store itself if it cannot be copied. */
export function onCopy<T>(file: string, run: (file: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-salvage-'));
  try {
    const copy = join(dir, 'state.db');
    return run(copied(file, copy) ? copy : file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Reads the remaining keys of a damaged store. */
export function salvage(file: string): Salvage {
  const found = new Map<string, Set<string>>();
  const add = (space: string, key: string): void => void found.set(space, (found.get(space) ?? new Set()).add(key));
  readRows(file, add);
  // What the store records about itself is not lost.
  found.delete(STORE_SPACE);
  // If the rows cannot be read, their texts may still be in the file.
  if (!found.has(DISABLED_SPACE)) for (const part of [file, `${file}-wal`]) scan(part, (id) => add(DISABLED_SPACE, id));
  return found;
}

function copied(file: string, copy: string): boolean {
  try {
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    return true;
  } catch {
    return false;
  }
}

function readRows(file: string, add: (space: string, key: string) => void): void {
  let db: Database.Database | undefined;
  try {
    db = connect(file);
    // Reading stops at the first bad page, so the rest is read from the other end.
    for (const [table, columns] of Object.entries(KEY_COLUMNS)) {
      const fields = table === 'entry' ? 'space, key' : `'${table}' AS space, json_array(${columns.join(', ')}) AS key`;
      // Qualified, because the name of the alias would make SQLite sort all rows first.
      for (const order of ['ASC', 'DESC'])
        readUntilDamage(
          db,
          `SELECT ${fields} FROM ${table} ORDER BY ${columns.map((column) => `${table}.${column} ${order}`).join(', ')}`,
          add,
        );
    }
    readUntilDamage(db, `SELECT space, key FROM entry WHERE space = '${DISABLED_SPACE}'`, add);
  } catch {
    // A file that cannot be opened has no readable rows.
  } finally {
    db?.close();
  }
}

function readUntilDamage(db: Database.Database, query: string, add: (space: string, key: string) => void): void {
  try {
    for (const { space, key } of db.prepare(query).iterate() as Iterable<{ space: unknown; key: unknown }>) {
      if (typeof space === 'string' && typeof key === 'string') add(space, key);
    }
  } catch {
    // Only the rows before this page are readable.
  }
}

function scan(file: string, add: (id: string) => void): void {
  if (!existsSync(file) || statSync(file).size > MAX_SCAN_SIZE) return;
  for (const [, id = ''] of readFileSync(file, 'latin1').matchAll(DISABLED_RECORD)) add(id);
}
