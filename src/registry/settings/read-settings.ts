import type { Config } from '../../config/config.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { PluginStatus } from '../plugin-status.ts';
import { createSettingCheck } from './checks.ts';
import { fileValue } from './file-values.ts';
import { isSecret, type SettingsSchema, toSettingsSchema } from './schema.ts';

/** One declared setting, its value and where the value comes from. */
export interface SettingState {
  readonly key: string;
  readonly title?: string;
  readonly description?: string;
  readonly secret: boolean;
  readonly required: boolean;
  /** `environment`: mcp.json refers to a variable. `missing`: required and not set. */
  readonly source: 'file' | 'environment' | 'default' | 'unset' | 'missing';
  /** `file:line:column` of a value in mcp.json. */
  readonly at?: string;
  /** Absent for secrets, for values with secrets inside, and for those of the environment. */
  readonly value?: JsonValue;
}

/** The settings of a plugin, without the values of secrets. */
export interface SettingsView {
  readonly schema: JsonObject;
  readonly settings: readonly SettingState[];
  /** What is wrong with the declaration. */
  readonly problems: readonly string[];
}

/** The settings that a plugin declares and their values; undefined if it declares none. `entry`: the id of its entry in mcp.json. */
export function readSettings(
  plugin: Pick<PluginStatus, 'settings' | 'settingsAt'>,
  entry: string,
  config: Config,
): SettingsView | undefined {
  const declared = toSettingsSchema(plugin.settings);
  if (!declared) return undefined;
  const problems = [...declared.problems];
  const defaults = validDefaults(declared, problems);
  const settings = [...declared.settings].map(([key, schema]): SettingState => {
    const required = declared.required.has(key);
    const about = { key, ...textsOf(schema), secret: isSecret(schema), required };
    const given = fileValue(config, entry, key, plugin.settingsAt);
    const shown = (value: JsonValue): Pick<SettingState, 'value'> => (holdsSecret(schema) ? {} : { value });
    if (given?.fromEnv) return { ...about, source: 'environment', at: given.at };
    if (given) return { ...about, source: 'file', at: given.at, ...shown(given.value) };
    const value = defaults.get(key);
    if (value !== undefined) return { ...about, source: 'default', ...shown(value) };
    return { ...about, source: required ? 'missing' : 'unset' };
  });
  return { schema: declared.schema, settings, problems };
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
