import type { Config } from '../../config/config.ts';
import type { Entry } from '../../core/contract/adapter.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { PluginSettings, StoredSetting } from '../../store/settings.ts';
import { closedAt, DEFAULT_PLACE, fileValue } from './file-values.ts';
import { isFileOnly } from './schema.ts';

/** The values stored for one plugin. */
export interface PluginValues {
  readonly settings: ReadonlyMap<string, StoredSetting>;
  readonly secrets: ReturnType<PluginSettings['secrets']>;
}

/** Adds stored values to the entry of a plugin; values in mcp.json win. Passes each stored secret to `hide`, which masks it in output. */
export function mergeValues(
  stored: PluginValues,
  { settings: declared, settingsAt = DEFAULT_PLACE }: Manifest,
  entryId: string,
  entry: Entry,
  config: Config,
  hide: (secret: string) => void,
): Entry {
  if (closedAt(config, entryId) !== undefined) return entry;
  const properties = declared && asObject(declared.properties);
  const isOpen = (key: string): boolean => {
    if (fileValue(config, entryId, key, settingsAt) !== undefined) return false;
    if (!properties) return true;
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return schema === true || (isJsonObject(schema) && !isFileOnly(schema));
  };
  const values = [...stored.settings].filter(([key]) => isOpen(key)).map(([key, { value }]): [string, JsonValue] => [key, value]);
  const secrets = [...stored.secrets].flatMap(([key, { value }]): [string, string][] =>
    value !== undefined && isOpen(key) ? [[key, value]] : [],
  );
  for (const [, secret] of secrets) hide(secret);
  if (settingsAt[0] !== 'settings') return { ...entry, options: setIn(entry.options, settingsAt, [...values, ...secrets]) };
  return {
    ...entry,
    settings: setIn(entry.settings, settingsAt.slice(1), values),
    credentials: { ...entry.credentials, ...Object.fromEntries(secrets) },
  };
}

function setIn(object: JsonObject, [first, ...rest]: readonly string[], values: readonly (readonly [string, JsonValue])[]): JsonObject {
  if (first === undefined) return { ...object, ...Object.fromEntries(values) };
  return { ...object, ...Object.fromEntries([[first, setIn(Object.hasOwn(object, first) ? asObject(object[first]) : {}, rest, values)]]) };
}
