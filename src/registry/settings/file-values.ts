import type { Config } from '../../config/config.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json.ts';

/** The value of a setting in mcp.json. */
export interface FileValue {
  readonly value: JsonValue;
  /** `file:line:column`. */
  readonly at: string;
  /** The file refers to a variable of the environment. */
  readonly fromEnv: boolean;
}

/** The keys of an entry below which settings usually are. */
export const DEFAULT_PLACE: readonly string[] = ['settings'];

/** The value that the entry of a plugin sets, if any. `settingsAt`: as in the plugin's manifest. */
export function fileValue(config: Config, entry: string, key: string, settingsAt = DEFAULT_PLACE): FileValue | undefined {
  // A credential replaces a setting of the same name.
  for (const place of [['credentials'], settingsAt]) {
    const path = ['plugins', entry, ...place, key];
    const value = valueAt(config.values, path);
    if (value !== undefined) return { value, at: config.at(...path), fromEnv: config.refersToEnv(...path) };
  }
  return undefined;
}

/** The place of `"console": "fixed"` in the entry of a plugin, if it has this key. */
export function closedAt(config: Config, entry: string): string | undefined {
  const path = ['plugins', entry, 'console'];
  return valueAt(config.values, path) === 'fixed' ? config.at(...path) : undefined;
}

function valueAt(root: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}
