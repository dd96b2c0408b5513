import type Database from 'libsql';
import { GatewayError } from '../core/errors.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import type { JsonValue } from '../core/json/json.ts';
import type { Sealer } from './seal.ts';
import { ADAPTER_PREFIX, isReserved, readSecret, readSecrets, type StoredSecret, saveSecret } from './secret-table.ts';
import type { StateFile } from './state-file.ts';

/** A stored setting. */
export interface StoredSetting {
  readonly value: JsonValue;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Who stored it. */
  readonly by: string;
}

/** Changes to the settings of a plugin, by key; `undefined` deletes. */
export interface SettingChanges {
  readonly settings?: Readonly<Record<string, JsonValue | undefined>>;
  readonly secrets?: Readonly<Record<string, string | undefined>>;
}

/**
 * Settings and secrets of plugins that were stored by the gateway, not set in mcp.json. They are not validated here. All gateways
 * on one state folder share them. Reading creates no file. Every method throws like the store.
 */
export interface PluginSettings {
  /** The plugins that have any. */
  configured(): ReadonlySet<string>;
  /** Another text after each change to any of them. */
  stamp(): string;
  settings(plugin: string): ReadonlyMap<string, StoredSetting>;
  secrets(plugin: string): ReadonlyMap<string, StoredSecret>;
  /** The value of a secret; undefined if there is none, or if it was sealed with another key. */
  secret(plugin: string, key: string): string | undefined;
  setSetting(plugin: string, key: string, value: JsonValue | undefined, by: string): void;
  setSecret(plugin: string, key: string, value: string | undefined, by: string): void;
  /**
   * Applies all changes or none; after a power failure too. `by`: who made them. `check` sees what is stored before anything is
   * written, while no other process can write; if it throws, nothing is stored.
   */
  save(plugin: string, changes: SettingChanges, by: string, check?: (stored: StoredValues) => void): void;
}

/** What is stored for plugins. */
export type StoredValues = Pick<PluginSettings, 'settings' | 'secrets'>;

const SET = `INSERT INTO setting VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at, by = excluded.by`;

const CONFIGURED = `SELECT plugin FROM setting UNION SELECT plugin FROM secret WHERE substr(key, 1, 1) <> '${ADAPTER_PREFIX}'`;

const STAMP = `SELECT plugin, key, value, at FROM setting
  UNION ALL SELECT plugin, key, hex(nonce), at FROM secret WHERE substr(key, 1, 1) <> '${ADAPTER_PREFIX}' ORDER BY 1, 2`;

/** The settings in a store. */
export function createPluginSettings(file: Pick<StateFile, 'read' | 'write'>, sealer: Sealer, now = Date.now): PluginSettings {
  const save: PluginSettings['save'] = (plugin, { settings = {}, secrets = {} }, by, check) => {
    const reserved = Object.keys(secrets).find(isReserved);
    if (reserved !== undefined) throw new GatewayError('INVALID_PARAMS', `The key "${reserved}" of a secret is reserved.`);
    const at = now();
    file.write((db) => {
      check?.({ settings: (of) => readSettingRows(db, of), secrets: (of) => readSecrets(db, sealer, of) });
      for (const [key, value] of Object.entries(settings)) saveSetting(db, plugin, key, value, at, by);
      for (const [key, text] of Object.entries(secrets)) saveSecret(db, sealer, { plugin, key }, text, at, by);
    });
  };
  return {
    configured() {
      const rows = file.read([], (db) => db.prepare(CONFIGURED).all()) as { plugin: string }[];
      return new Set(rows.map(({ plugin }) => plugin));
    },
    stamp: () => JSON.stringify(file.read([], (db) => db.prepare(STAMP).all())),
    settings: (plugin) => file.read<ReadonlyMap<string, StoredSetting>>(new Map(), (db) => readSettingRows(db, plugin)),
    secrets(plugin) {
      return file.read<ReadonlyMap<string, StoredSecret>>(new Map(), (db) => readSecrets(db, sealer, plugin));
    },
    secret(plugin, key) {
      return isReserved(key) ? undefined : file.read(undefined, (db) => readSecret(db, sealer, { plugin, key }));
    },
    setSetting: (plugin, key, value, by) => save(plugin, { settings: { [key]: value } }, by),
    setSecret: (plugin, key, value, by) => save(plugin, { secrets: { [key]: value } }, by),
    save,
  };
}

function readSettingRows(db: Database.Database, plugin: string): ReadonlyMap<string, StoredSetting> {
  const rows = db.prepare('SELECT key, value, at, by FROM setting WHERE plugin = ?').all(plugin) as {
    key: string;
    value: string;
    at: number;
    by: string;
  }[];
  return new Map(rows.map(({ key, value, at, by }) => [key, { value: JSON.parse(value) as JsonValue, at, by }]));
}

function saveSetting(db: Database.Database, plugin: string, key: string, value: JsonValue | undefined, at: number, by: string): void {
  if (value === undefined) db.prepare('DELETE FROM setting WHERE plugin = ? AND key = ?').run(plugin, key);
  else db.prepare(SET).run(plugin, key, toJsonText(value), at, by);
}
