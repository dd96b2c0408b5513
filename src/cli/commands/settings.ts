import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { asObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { findPlugin } from '../../gateway/plugin-admin.ts';
import type { SavedSettings } from '../../gateway/settings-admin.ts';
import type { SettingsView } from '../../registry/settings/read-settings.ts';
import { type CommonOptions, LOCAL_ACTOR, openSession, UsageError, unknownPlugin, withApp } from '../context.ts';
import { printMasked } from '../print.ts';
import { readSecretValues } from '../secret-input.ts';
import { settingLines } from '../setting-lines.ts';

interface Options extends CommonOptions {
  readonly secret: readonly string[];
  readonly unset: readonly string[];
}

/** `plugmux settings`: shows the settings of a plugin, or stores values for this gateway. */
export function addSettings(program: Command, adapters: readonly Adapter[]): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  program
    .command('settings')
    .description('show the settings of a plugin, or store values for this gateway; mcp.json wins over stored values')
    .argument('<plugin>', "the plugin's id")
    .argument('[values...]', 'values to store, as key=value')
    .option('--secret <key>', 'store a secret, read from a prompt or from stdin; repeatable', collect, [])
    .option('--unset <key>', 'delete a stored value or secret; repeatable', collect, [])
    .option('--json', 'print JSON')
    .action(async (id: string, values: readonly string[], options: Options) => {
      const given = values.map(split);
      const session = openSession(options, adapters, { here: true, quiet: true });
      const secrets = options.secret.length > 0 ? await readSecretValues(options.secret) : {};
      for (const secret of Object.values(secrets)) session.redactor.add(secret);
      await withApp(session, {}, async (app) => {
        // Some plugins declare their settings only once they have opened.
        await app.registry.opened(app.limits.firstListMs);
        const plugin = pluginId(app, id);
        const view = await app.settings.read(plugin);
        if (!view) throw new UsageError(`Plugin ${plugin} declares no settings.`, 'See its documentation.');
        if (given.length + options.secret.length + options.unset.length === 0) return printSettings(plugin, view, options.json);
        const saved = await app.settings.save(plugin, toChange(view, given, secrets, options.unset), LOCAL_ACTOR);
        printSaved(plugin, saved, options.json);
      });
    });
}

function split(text: string): readonly [string, string] {
  const end = text.indexOf('=');
  if (end > 0) return [text.slice(0, end), text.slice(end + 1)];
  throw new UsageError('A value has no "=".', 'Write key=value, or --secret <key> for a secret.');
}

function pluginId(app: App, id: string): string {
  const plugins = app.registry.plugins();
  const found = findPlugin(plugins, id);
  if (found) return found.id;
  throw unknownPlugin(
    id,
    plugins.map((plugin) => plugin.id),
    app.config(),
  );
}

function toChange(
  view: SettingsView,
  given: readonly (readonly [string, string])[],
  secrets: Readonly<Record<string, string>>,
  unset: readonly string[],
) {
  const properties = asObject(view.schema.properties);
  const isSecret = (key: string): boolean => view.settings.find((setting) => setting.key === key)?.secret === true;
  const unknown = unset.find((key) => !view.settings.some((setting) => setting.key === key));
  if (unknown !== undefined) throw new UsageError(`There is no setting "${unknown}".`, 'Run the command without values to list them.');
  const schemaOf = (key: string): JsonObject => (Object.hasOwn(properties, key) ? asObject(properties[key]) : {});
  const kept = Object.entries(view.values).filter(([key]) => !unset.includes(key));
  const gone = unset.filter(isSecret).map((key): [string, null] => [key, null]);
  return {
    revision: view.revision,
    values: Object.fromEntries([...kept, ...given.map(([key, text]): [string, JsonValue] => [key, toValue(schemaOf(key), text)])]),
    secrets: { ...Object.fromEntries(gone), ...secrets },
  };
}

// Texts need no quotes; everything else is JSON.
function toValue({ type, enum: choices }: JsonObject, text: string): JsonValue {
  if (type === 'string' || (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string'))) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function printSettings(plugin: string, { settings, closed, problems, revision }: SettingsView, json: boolean | undefined): void {
  const fixed = closed === undefined ? [] : [`Only mcp.json sets them (${closed}).`];
  printMasked({ plugin, revision, settings, closed, problems }, json, () => [...settingLines(settings), ...fixed, ...problems].join('\n'));
}

function printSaved(plugin: string, { changed, revision, state, needs, error }: SavedSettings, json: boolean | undefined): void {
  printMasked({ plugin, changed, revision, state, needs, error: error?.toObject() }, json, () =>
    [
      changed.length === 0 ? `${plugin} has these values already.` : `${plugin} is ${state} with the new values of ${changed.join(', ')}.`,
      ...(needs.length > 0 ? [`It still needs ${needs.join(', ')}.`] : []),
      ...(error ? [`${error.message} ${error.fix}`] : []),
      ...(changed.length === 0 ? [] : ['A running gateway applies this within about a second.']),
    ].join('\n'),
  );
}
