import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { StoredValues } from '../../store/settings.ts';
import type { PluginStatus } from '../plugin-status.ts';
import { createSettingCheck } from './checks.ts';
import { closedAt, type FileValue, fileValue } from './file-values.ts';
import { isFileOnly, isSecret, type SettingsSchema, toSettingsSchema } from './schema.ts';

/** One declared setting, its value and where the value comes from. */
export interface SettingState {
  readonly key: string;
  readonly title?: string;
  readonly description?: string;
  readonly secret: boolean;
  readonly required: boolean;
  /** `environment`: mcp.json refers to a variable. `console`: stored in this gateway. `missing`: required and not set. */
  readonly source: 'file' | 'environment' | 'console' | 'default' | 'unset' | 'missing';
  /** `file:line:column` of a value in mcp.json. */
  readonly at?: string;
  /** When the value was stored, in milliseconds since 1970. */
  readonly since?: number;
  /** Why it cannot be stored: mcp.json sets it, or only mcp.json may set it. */
  readonly fixed?: 'file' | 'only-file';
  /** Absent for secrets, for values with secrets inside, and for those of the environment. */
  readonly value?: JsonValue;
}

/** The settings of a plugin, without the values of secrets. */
export interface SettingsView {
  /** Changes with the stored values. */
  readonly revision: string;
  readonly schema: JsonObject;
  readonly settings: readonly SettingState[];
  /** The stored values that can be changed and shown. */
  readonly values: JsonObject;
  /** The place of `"console": "fixed"` in its entry: nothing can be stored. */
  readonly closed?: string;
  /** What is wrong with the declaration. */
  readonly problems: readonly string[];
}

/** The plugin whose settings are read. */
export interface SettingsOwner extends Pick<PluginStatus, 'id' | 'settings' | 'settingsAt'> {
  /** The id of its entry in mcp.json. */
  readonly entry: string;
}

type Found = Pick<SettingState, 'source' | 'at' | 'since' | 'value'>;

/** The settings that a plugin declares and their values; undefined if it declares none. Throws if the store cannot be read. */
export function readSettings(plugin: SettingsOwner, config: Config, stored: StoredValues): SettingsView | undefined {
  const declared = toSettingsSchema(plugin.settings);
  if (!declared) return undefined;
  const problems = [...declared.problems];
  const defaults = validDefaults(declared, problems);
  const closed = closedAt(config, plugin.entry);
  const kept = readStored(plugin.id, stored);
  const settings = [...declared.settings].map(([key, schema]): SettingState => {
    const given = fileValue(config, plugin.entry, key, plugin.settingsAt);
    const open = closed === undefined && !isFileOnly(schema) ? kept.found.get(key) : undefined;
    const required = declared.required.has(key);
    const { value, ...found } = (given && fromFile(given)) ?? open ?? fromDefault(defaults.get(key), required);
    return {
      key,
      ...textsOf(schema),
      secret: isSecret(schema),
      required,
      ...found,
      ...(given ? { fixed: 'file' } : isFileOnly(schema) ? { fixed: 'only-file' } : {}),
      ...(value === undefined || holdsSecret(schema) ? {} : { value }),
    };
  });
  const shown = settings.filter(({ source, value }) => source === 'console' && value !== undefined);
  return {
    revision: kept.revision,
    schema: declared.schema,
    settings,
    values: Object.fromEntries(shown.map(({ key, value = null }) => [key, value])),
    ...(closed === undefined ? {} : { closed }),
    problems,
  };
}

function fromFile({ value, at, fromEnv }: FileValue): Found {
  return fromEnv ? { source: 'environment', at } : { source: 'file', at, value };
}

function fromDefault(value: JsonValue | undefined, required: boolean): Found {
  if (value !== undefined) return { source: 'default', value };
  return { source: required ? 'missing' : 'unset' };
}

/** Changes with what is stored for a plugin. */
export function revisionOf(plugin: string, stored: StoredValues): string {
  return readStored(plugin, stored).revision;
}

function readStored(plugin: string, stored: StoredValues) {
  const settings = [...stored.settings(plugin)];
  // A secret that was sealed with another key counts as missing.
  const secrets = [...stored.secrets(plugin)].filter(([, { value }]) => value !== undefined);
  // Two secrets can be stored within one millisecond.
  const times = [...settings.map(([key, { at }]) => [key, at]), ...secrets.map(([key, { at, nonce }]) => [key, at, nonce])];
  const values = settings.map(([key, { value }]): [string, JsonValue] => [key, value]);
  const revision = createHash('sha256')
    .update(JSON.stringify([values, times]))
    .digest('base64url')
    .slice(0, 16);
  const found = new Map<string, Found>([
    ...settings.map(([key, { value, at }]): [string, Found] => [key, { source: 'console', since: at, value }]),
    ...secrets.map(([key, { at }]): [string, Found] => [key, { source: 'console', since: at }]),
  ]);
  return { revision, found };
}

function validDefaults(declared: SettingsSchema, problems: string[]): ReadonlyMap<string, JsonValue> {
  const check = createSettingCheck(declared);
  const defaults = new Map<string, JsonValue>();
  for (const [key, { default: value }] of declared.settings) {
    if (value === undefined) continue;
    const fault = check(key, value);
    if (fault === undefined) defaults.set(key, value);
    else problems.push(`The default of the setting "${key}" violates its own schema: ${fault}.`);
  }
  return defaults;
}

function textsOf({ title, description }: JsonObject): Pick<SettingState, 'title' | 'description'> {
  return { ...(typeof title === 'string' ? { title } : {}), ...(typeof description === 'string' ? { description } : {}) };
}

/** Whether a setting, or any part of its value, is a secret. */
function holdsSecret(schema: JsonValue): boolean {
  if (Array.isArray(schema)) return schema.some(holdsSecret);
  if (!isJsonObject(schema)) return false;
  return schema.writeOnly === true || schema.format === 'password' || Object.values(schema).some(holdsSecret);
}
