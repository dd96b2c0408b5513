import { isJsonObject, type JsonObject } from '../core/json/json.ts';
import { isFileOnly, isSecret, toSettingsSchema } from './settings/schema.ts';

/** A required setting that is not set: what to do about it, and a command that does it if the plugin declares the setting. */
export interface MissingSetting {
  readonly code: 'NEEDS_CONFIGURATION';
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
  readonly command?: string;
}

/** Describes a setting that a plugin needs. */
export function missingSetting(
  plugin: string,
  key: string,
  settings: JsonObject | undefined,
  { entry = plugin, settingsAt }: { readonly entry?: string; readonly settingsAt?: readonly string[] | undefined } = {},
): MissingSetting {
  const schema = toSettingsSchema(settings)?.settings.get(key);
  const command =
    isJsonObject(schema) && !isFileOnly(schema)
      ? `plugmux settings ${plugin} ${isSecret(schema) ? `--secret ${key}` : `${key}=<value>`}`
      : undefined;
  return {
    code: 'NEEDS_CONFIGURATION',
    subject: key,
    message: `"${key}" is required and not set; its tools are hidden until it is.`,
    fix: `Set ${placeOf([entry, ...(settingsAt ?? ['credentials']), key])} in mcp.json.`,
    ...(command === undefined ? {} : { command }),
  };
}

// As in the file: "plugins": { "<entry>": { … "<key>": "${env:NAME}" } }.
function placeOf(path: readonly string[]): string {
  const value = '"${env:NAME}"';
  const inner = path.reduceRight((below, key) => `{ "${key}": ${below} }`, value);
  return `"plugins": ${inner}`;
}
