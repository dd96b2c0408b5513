import { existsSync, renameSync } from 'node:fs';
import { basename } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { checkEmptied, checkPages, connect } from './database.ts';
import { isDamage, toStoreError } from './faults.ts';
import { whileAlone } from './presence.ts';
import { KEY_COLUMNS, onCopy, type Salvage, salvage } from './salvage.ts';
import { storeFile } from './state-file.ts';

/** A file that was moved aside, with its old and new name. */
export interface Moved {
  readonly from: string;
  readonly to: string;
}

/** The result of examining a store. */
export interface Finding {
  /** The damage; undefined if there is none. */
  readonly damage: GatewayError | undefined;
  readonly left: Salvage;
}

const NOTHING: Finding = { damage: undefined, left: new Map() };

/** Examines a store. Throws STATE_STORE_UNAVAILABLE if it cannot be read, or if it is damaged and a gateway has it open. */
export function examine(dir: string): Finding {
  const file = storeFile(dir);
  if (!existsSync(file)) return NOTHING;
  return inStore(file, () => {
    const alone = whileAlone(dir, () =>
      onCopy(file, (copy) => {
        const damage = emptied(file, dir) ?? damageOf(copy, file);
        return damage ? { damage, left: salvage(copy) } : NOTHING;
      }),
    );
    if (alone) return alone.value;
    // A copy of a store in use may be inconsistent, so SQLite reads the store itself.
    if (damageOf(file, file)) throw inUse(dir);
    return NOTHING;
  });
}

/** Moves a damaged store aside, so that the next start creates an empty one. Throws if a gateway has it open. */
export function moveAside(dir: string, now: Date): readonly Moved[] {
  const file = storeFile(dir);
  return inStore(file, () => {
    const alone = whileAlone(dir, () => {
      // Another repair may have come first, and the store may be intact by now.
      const isDamaged = existsSync(file) && (emptied(file, dir) ?? onCopy(file, (copy) => damageOf(copy, file))) !== undefined;
      return isDamaged ? rename(file, now) : [];
    });
    if (!alone) throw inUse(dir);
    return alone.value;
  });
}

function inUse(dir: string): GatewayError {
  return new GatewayError('STATE_STORE_UNAVAILABLE', `A gateway or another command has the store in ${dir} open, so it cannot be moved.`, {
    fix: 'Stop the gateways that run on this state folder, then run `plugmux store repair` again.',
  });
}

function inStore<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toStoreError(file, error);
  }
}

function damageOf(file: string, shown: string): GatewayError | undefined {
  return faultOf(shown, () => {
    checkPages(file, shown);
    readShape(file);
  });
}

function faultOf(shown: string, check: () => void): GatewayError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    const fault = toStoreError(shown, error);
    if (isDamage(fault)) return fault;
    throw fault;
  }
}

function emptied(file: string, dir: string): GatewayError | undefined {
  return faultOf(file, () => checkEmptied(file, dir));
}

function readShape(file: string): void {
  const db = connect(file);
  try {
    const names = (db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]).map(({ name }) => name);
    for (const [table, columns] of Object.entries(KEY_COLUMNS))
      if (names.includes(table)) db.prepare(`SELECT ${columns.join(', ')} FROM ${table} LIMIT 1`).all();
  } finally {
    db.close();
  }
}

// The database first: SQLite discards a log without a database, but would accept a database without its log as intact.
function rename(file: string, now: Date): readonly Moved[] {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  let aside = `${file}.damaged-${stamp}`;
  for (let i = 2; existsSync(aside); i++) aside = `${file}.damaged-${stamp}-${i}`;
  return ['', '-wal', '-shm']
    .filter((end) => existsSync(file + end))
    .map((end) => {
      renameSync(file + end, aside + end);
      return { from: basename(file + end), to: basename(aside + end) };
    });
}
