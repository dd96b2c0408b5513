import type Database from 'libsql';
import { GatewayError } from '../core/errors.ts';
import { asObject } from '../core/json/json.ts';
import { VERSION } from '../core/package.ts';
import { moveAuditHeads } from './audit-head.ts';
import { inTransaction } from './database.ts';

/** `PRAGMA user_version` of the stores that this version writes. 0 is a store with the table `entry` alone. */
const SCHEMA = 2;
/** The lowest schema whose readers understand a store of this one. Only a new major version may raise it. */
const MIN_READER = 2;

/** The space of what the store records about itself. */
export const STORE_SPACE = 'store';
/** The key that exists until the logins at upstream servers are encrypted, which needs a key. */
export const PLAIN_LOGINS = 'plain_logins';

// Migrations only add tables and columns, so that an older gateway can keep running on the same folder.
const TABLES = [
  'IF NOT EXISTS entry (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key))',
  'setting (plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (plugin, key))',
  'secret (plugin TEXT NOT NULL, key TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL, key_id TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (plugin, key))',
  'console_session (digest TEXT NOT NULL PRIMARY KEY, who TEXT NOT NULL, scopes TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, expires INTEGER NOT NULL)',
  'login_code (digest TEXT NOT NULL PRIMARY KEY, expires INTEGER NOT NULL, used INTEGER)',
  'tool_switch (profile TEXT NOT NULL, plugin TEXT NOT NULL, tool TEXT NOT NULL, "on" INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (profile, plugin, tool))',
  'pin (config TEXT NOT NULL, plugin TEXT NOT NULL, tool TEXT NOT NULL, surface TEXT NOT NULL, accepted_at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (config, plugin, tool, surface))',
  'audit_head (run TEXT NOT NULL PRIMARY KEY, file TEXT NOT NULL, seq INTEGER NOT NULL, chain TEXT NOT NULL, at INTEGER NOT NULL)',
];

/** Whether a store has all tables of this version. */
export function isMigrated(db: Database.Database): boolean {
  return versionOf(db) >= SCHEMA;
}

/** Brings a store to the schema of this version in one transaction. Several processes may do so at once. */
export function migrate(db: Database.Database): void {
  if (isMigrated(db)) return;
  inTransaction(db, () => {
    // Another process may have been faster.
    if (isMigrated(db)) return;
    createTables(db);
    moveAuditHeads(db);
    db.exec(`INSERT INTO entry VALUES ('${STORE_SPACE}', '${PLAIN_LOGINS}', 'true') ON CONFLICT DO NOTHING`);
  });
}

/** Creates what a new store contains. Prepares no statement, because an open one keeps the file open after its connection is closed. */
export function createTables(db: Database.Database): void {
  for (const table of TABLES) db.exec(`CREATE TABLE ${table} WITHOUT ROWID`);
  const reader = JSON.stringify({ reader: MIN_READER, version: VERSION });
  db.exec(`INSERT INTO entry VALUES ('${STORE_SPACE}', 'min_reader', '${reader}') ON CONFLICT DO UPDATE SET value = excluded.value`);
  db.exec(`PRAGMA user_version = ${SCHEMA}`);
}

/** Throws STORE_NEWER if a newer version has changed a store so that this one cannot use it. */
export function refuseNewer(db: Database.Database, file: string): void {
  if (versionOf(db) <= SCHEMA) return;
  const { reader, version } = minReaderOf(db);
  if (reader <= SCHEMA) return;
  throw new GatewayError(
    'STORE_NEWER',
    `The store ${file} was written by ${version === undefined ? 'a newer version' : `plugmux ${version}`}, and this is plugmux ${VERSION}.`,
    {
      fix: `Install ${version === undefined ? 'the newest plugmux' : `plugmux ${version} or later`}: \`npm install -g plugmux@${version ?? 'latest'}\`.`,
    },
  );
}

/** Whether an error means that the store is too new for this version. */
export function isNewer(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'STORE_NEWER';
}

function versionOf(db: Database.Database): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

// A record that cannot be read must not be taken for permission to write.
function minReaderOf(db: Database.Database): { reader: number; version?: string } {
  const row = db.prepare("SELECT value FROM entry WHERE space = ? AND key = 'min_reader'").get(STORE_SPACE) as
    | { value: string }
    | undefined;
  const { reader, version } = toRecord(row?.value);
  return {
    reader: typeof reader === 'number' ? reader : Number.POSITIVE_INFINITY,
    ...(typeof version === 'string' && /^[\w.+-]{1,40}$/.test(version) ? { version } : {}),
  };
}

function toRecord(text: string | undefined): { readonly reader?: unknown; readonly version?: unknown } {
  try {
    return asObject(JSON.parse(text ?? 'null'));
  } catch {
    return {};
  }
}
