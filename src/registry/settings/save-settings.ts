import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json/json.ts';
import type { PluginSettings } from '../../store/settings.ts';
import { createSettingCheck } from './checks.ts';
import { revisionOf, type SettingState, type SettingsView } from './read-settings.ts';
import { isSecret, toSettingsSchema } from './schema.ts';

/** New values for a plugin. */
export interface SettingsChange {
  /** The revision of the view that the values were entered in. */
  readonly revision: string;
  /** All values of the view that are to be stored; those that are absent are deleted. */
  readonly values: Readonly<Record<string, JsonValue>>;
  /** Secrets to store, or to delete by null; the others stay. */
  readonly secrets: Readonly<Record<string, string | null>>;
}

/** In characters of JSON text. */
const MAX_VALUE_LENGTH = 64 * 1024;

/**
 * Checks and stores new values. Returns the keys that change. Throws CONFLICT if the values were changed meanwhile, by another process too,
 * FIXED_BY_FILE for a setting that only mcp.json can set, SETTINGS_INVALID with `fields`.
 */
export function saveSettings(
  stored: PluginSettings,
  plugin: string,
  view: SettingsView,
  { revision, values, secrets }: SettingsChange,
  by: string,
): readonly string[] {
  const refuseStale = (now: string): void => {
    if (revision === now) return;
    throw new GatewayError('CONFLICT', `The settings of plugin "${plugin}" were changed meanwhile.`, {
      plugin,
      fix: 'Fetch the settings again, then save your changes.',
    });
  };
  refuseStale(view.revision);
  if (view.closed !== undefined) throw fixed(plugin, `All settings of plugin "${plugin}" are set in mcp.json`, view.closed);
  const states = new Map(view.settings.map((setting) => [setting.key, setting]));
  for (const key of [...Object.keys(values), ...Object.keys(secrets)]) refuseFixed(plugin, states.get(key));
  const fields = faultsOf(view, values, secrets);
  if (fields.length > 0) {
    const text = fields.map(([key, fault]) => `${key}: ${fault}`).join('; ');
    throw new GatewayError('SETTINGS_INVALID', `The settings of plugin "${plugin}" are not stored: ${text}.`, {
      plugin,
      fields: Object.fromEntries(fields),
    });
  }
  const gone = Object.keys(view.values).filter((key) => !Object.hasOwn(values, key));
  const now = Object.entries(values).filter(([key, value]) => !isStored(view, key, value));
  const changes: [string, JsonValue | undefined][] = [...now, ...gone.map((key): [string, undefined] => [key, undefined])];
  const kept = Object.entries(secrets).map(([key, text]): [string, string | undefined] => [key, text ?? undefined]);
  if (changes.length + kept.length > 0) {
    const saved = { settings: Object.fromEntries(changes), secrets: Object.fromEntries(kept) };
    // Another request, or another process, may have stored values since the view was read.
    stored.save(plugin, saved, by, (now) => refuseStale(revisionOf(plugin, now)));
  }
  return [...changes, ...kept].map(([key]) => key);
}

function isStored({ values }: SettingsView, key: string, value: JsonValue): boolean {
  return Object.hasOwn(values, key) && JSON.stringify(values[key]) === JSON.stringify(value);
}

function refuseFixed(plugin: string, setting: SettingState | undefined): void {
  if (setting?.fixed === 'file') throw fixed(plugin, `mcp.json sets the setting "${setting.key}" of plugin "${plugin}"`, setting.at);
  if (setting?.fixed !== undefined) throw fixed(plugin, `Only mcp.json can set the setting "${setting.key}" of plugin "${plugin}"`);
}

function fixed(plugin: string, message: string, at?: string): GatewayError {
  return new GatewayError('FIXED_BY_FILE', `${message}${at === undefined ? '' : ` (${at})`}.`, { plugin, at });
}

function faultsOf(view: SettingsView, values: SettingsChange['values'], secrets: SettingsChange['secrets']): [string, string][] {
  const declared = toSettingsSchema(view.schema);
  if (!declared) return [];
  const check = createSettingCheck(declared);
  const faultOf = (key: string, value: JsonValue, given: boolean): string | undefined => {
    const schema = declared.settings.get(key);
    if (!schema) return 'the plugin declares no setting of this name';
    if (isSecret(schema) !== given) return given ? 'it is not a secret' : 'it is a secret';
    if (JSON.stringify(value).length > MAX_VALUE_LENGTH) return `its value has more than ${MAX_VALUE_LENGTH} characters`;
    if (given && value === '') return 'its value is empty';
    const fault = check(key, value);
    // The message must not contain a part of the secret.
    return fault !== undefined && given ? 'its value does not match the schema' : fault;
  };
  const all = [
    ...Object.entries(values).map(([key, value]) => [key, faultOf(key, value, false)] as const),
    ...Object.entries(secrets).map(([key, text]) => [key, text === null ? undefined : faultOf(key, text, true)] as const),
  ];
  return all.flatMap(([key, fault]): [string, string][] => (fault === undefined ? [] : [[key, fault]]));
}
