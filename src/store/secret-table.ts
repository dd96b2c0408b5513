import type Database from 'libsql';
import type { Sealer } from './seal.ts';

/** A stored secret. */
export interface StoredSecret {
  /** Undefined if it was sealed with another key: it counts as missing. */
  readonly value: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Who stored it. */
  readonly by: string;
  /** Another text each time it is stored. */
  readonly nonce: string;
}

/** Names one secret. */
export interface SecretName {
  readonly plugin: string;
  readonly key: string;
}

interface Row {
  readonly key: string;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  readonly key_id: string;
  readonly at: number;
  readonly by: string;
}

const SET = `INSERT INTO secret VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
  SET nonce = excluded.nonce, sealed = excluded.sealed, key_id = excluded.key_id, at = excluded.at, by = excluded.by`;

/** Begins the keys of secrets that adapters store, which are not settings. */
export const ADAPTER_PREFIX = ':';

/** Whether a key belongs to an adapter. */
export function isReserved(key: string): boolean {
  return key.startsWith(ADAPTER_PREFIX);
}

/** The secrets of one plugin by key, without those of its adapter. */
export function readSecrets(db: Database.Database, sealer: Sealer, plugin: string): ReadonlyMap<string, StoredSecret> {
  const rows = db.prepare('SELECT * FROM secret WHERE plugin = ?').all(plugin) as Row[];
  const own = rows.filter(({ key }) => !isReserved(key));
  return new Map(
    own.map((row) => {
      const nonce = Buffer.from(row.nonce).toString('base64url');
      return [row.key, { value: unseal(sealer, { plugin, key: row.key }, row), at: row.at, by: row.by, nonce }];
    }),
  );
}

/** The value of one secret; undefined if there is none, or if it was sealed with another key. */
export function readSecret(db: Database.Database, sealer: Sealer, { plugin, key }: SecretName): string | undefined {
  const row = db.prepare('SELECT * FROM secret WHERE plugin = ? AND key = ?').get(plugin, key) as Row | undefined;
  return row && unseal(sealer, { plugin, key }, row);
}

/** Writes one secret; `undefined` deletes it. */
export function saveSecret(
  db: Database.Database,
  sealer: Sealer,
  { plugin, key }: SecretName,
  text: string | undefined,
  at: number,
  by: string,
): void {
  if (text === undefined) return void db.prepare('DELETE FROM secret WHERE plugin = ? AND key = ?').run(plugin, key);
  const { nonce, sealed, keyId } = sealer.seal(plugin, key, text);
  db.prepare(SET).run(plugin, key, nonce, sealed, keyId, at, by);
}

function unseal(sealer: Sealer, { plugin, key }: SecretName, { nonce, sealed, key_id }: Row): string | undefined {
  return sealer.open(plugin, key, { nonce: Buffer.from(nonce), sealed: Buffer.from(sealed), keyId: key_id });
}
