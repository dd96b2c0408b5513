import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import type { Folder } from '../folder.ts';
import type { JsonFile } from '../read/json-file.ts';

const KEYS = new Set('type title description required default options multiple sensitive min max'.split(' '));

/** The settings that `userConfig` of a Claude plugin declares, as properties of a JSON Schema. */
export function declaredSettings(
  value: JsonValue | undefined,
  { at }: JsonFile,
  { report }: Folder,
): { readonly settings: Readonly<Record<string, JsonObject>>; readonly required: readonly string[] } {
  if (value === undefined) return { settings: {}, required: [] };
  if (!isJsonObject(value)) {
    report({ subject: 'userConfig', message: `${at(['userConfig'])}: "userConfig" is not an object and is ignored.` });
    return { settings: {}, required: [] };
  }
  const settings: Record<string, JsonObject> = {};
  const required: string[] = [];
  for (const [key, raw] of Object.entries(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || !isJsonObject(raw)) {
      report({
        subject: key,
        message: `${at(['userConfig', key])}: the setting "${key}" is left out: it is not an object under a plain name.`,
      });
      continue;
    }
    for (const unknown of Object.keys(raw).filter((one) => !KEYS.has(one)))
      report({ subject: key, message: `${at(['userConfig', key, unknown])}: the key "${unknown}" is unknown and is ignored.` });
    settings[key] = toProperty(raw);
    if (raw.required === true && raw.default === undefined) required.push(key);
  }
  return { settings, required };
}

// Older plugins have neither type nor title.
function toProperty({
  type = 'string',
  title,
  description,
  default: usual,
  options,
  multiple,
  sensitive,
  min,
  max,
}: JsonObject): JsonObject {
  const isPath = type === 'directory' || type === 'file';
  const base: JsonObject = {
    type: type === 'number' || type === 'boolean' ? type : 'string',
    ...(isPath ? { 'x-path': type } : {}),
    ...(Array.isArray(options) && options.length > 0 ? { enum: options } : {}),
    ...(typeof min === 'number' ? { minimum: min } : {}),
    ...(typeof max === 'number' ? { maximum: max } : {}),
  };
  return {
    ...(multiple === true ? { type: 'array', items: base } : base),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(usual === undefined ? {} : { default: usual }),
    ...(sensitive === true ? { writeOnly: true } : {}),
  };
}

/** The defaults of settings as texts, by key; undefined for those without. */
export function defaultsOf(settings: Readonly<Record<string, JsonObject>>): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(settings).map(([key, { default: usual }]) => [
      key,
      usual === undefined || usual === null ? undefined : typeof usual === 'string' ? usual : JSON.stringify(usual),
    ]),
  );
}
