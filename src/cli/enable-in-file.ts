import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { createApp } from '../app.ts';
import type { Config, PluginConfig } from '../config/config.ts';
import type { Adapter } from '../core/contract/adapter.ts';
import { isJsonObject, type JsonObject } from '../core/json/json.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import { type CliSession, UsageError, unknownPlugin } from './context.ts';

interface Edit {
  readonly path: JSONPath;
  /** Undefined removes the key. */
  readonly value: unknown;
}

/** What a change in mcp.json came to; `changed` is false if the file already said so. */
export interface FileChange {
  readonly changed: boolean;
  /** Set if the plugin stays disabled although the file enables it: `plugmux disable` was used without `--in-file`. */
  readonly isStillDisabled: boolean;
}

/**
 * Enables or disables one plugin in mcp.json; a gateway that serves the file follows. `settings` is the text of a JSON object
 * that replaces the plugin's settings. Throws UsageError for an unknown plugin or bad settings, CONFIG_INVALID if the file
 * would not load afterwards; the file is then unchanged.
 */
export async function setEnabledInFile(
  session: CliSession,
  adapters: readonly Adapter[],
  id: string,
  enabled: boolean,
  settings?: string,
): Promise<FileChange> {
  const place = placeOf(id, session.config, await findAll(session, adapters));
  const edits = [...(enabled ? enable(id, place) : disable(id, place)), ...settingsOf(id, place, settings)];
  const changed = write(session, edits);
  const now = enabled ? await findAll({ ...session, config: session.load() }, adapters) : [];
  return { changed, isStillDisabled: now.some((plugin) => plugin.id === id && plugin.state === 'disabled') };
}

async function findAll({ config, redactor, log }: CliSession, adapters: readonly Adapter[]): Promise<readonly PluginStatus[]> {
  const app = await createApp({ config, adapters, redactor, log });
  const plugins = app.registry.plugins();
  await app.close();
  return plugins;
}

/** Where mcp.json configures a plugin: its own entry, or a list in an entry that selects several. */
interface Place {
  readonly entry: string;
  readonly config: PluginConfig | undefined;
  /** Whether it is an upstream server whose own entry disables it, which "plugins" can override. */
  readonly isServerOff?: boolean;
  readonly list?: { readonly key: string; readonly names: readonly string[] } | undefined;
}

function placeOf(id: string, config: Config, plugins: readonly PluginStatus[]): Place {
  const own = config.plugins.get(id);
  const server = config.upstreams.get(id)?.server;
  if (own) return { entry: id, config: own, isServerOff: server?.disabled === true || server?.enabled === false };
  for (const entry of config.plugins.values()) {
    const list = listWith(id, entry);
    if (list) return { entry: entry.id, config: entry, list };
  }
  // A plugin that was only found in a plugin folder gets a new entry.
  if (plugins.some((plugin) => plugin.id === id)) return { entry: id, config: undefined };
  for (const entry of config.plugins.values()) {
    const { allow } = entry.entry.options;
    if (isNames(allow) && plugins.some((p) => allow.includes(p.id) && p.unselected?.includes(id))) {
      return { entry: entry.id, config: entry, list: { key: 'allow', names: allow } };
    }
  }
  throw unknownPlugin(id, [...plugins.map((p) => p.id), ...config.plugins.keys()], config);
}

const isNames = (list: unknown): list is string[] => Array.isArray(list) && list.every((item) => typeof item === 'string');
const isCalled = (id: string) => (name: string) => name === id || name.endsWith(`:${id}`);

function listWith(id: string, { entry }: PluginConfig): Place['list'] {
  for (const [key, list] of Object.entries(entry.options)) if (isNames(list) && list.some(isCalled(id))) return { key, names: list };
  return undefined;
}

function enable(id: string, { entry, config, list, isServerOff }: Place): Edit[] {
  const edits: Edit[] = [];
  if (list && !list.names.some(isCalled(id))) edits.push({ path: ['plugins', entry, list.key], value: [...list.names, id] });
  if (config && !config.enabled) edits.push({ path: ['plugins', entry, 'enabled'], value: isServerOff ? true : undefined });
  return edits;
}

function disable(id: string, { entry, config, list }: Place): Edit[] {
  const rest = list?.names.filter((name) => !isCalled(id)(name)) ?? [];
  if (list && rest.length > 0) return [{ path: ['plugins', entry, list.key], value: rest }];
  return config && !config.enabled ? [] : [{ path: ['plugins', entry, 'enabled'], value: false }];
}

function settingsOf(id: string, { entry, list }: Place, text: string | undefined): Edit[] {
  if (text === undefined) return [];
  return [{ path: ['plugins', entry, ...(list ? ['config', id] : ['settings'])], value: parseSettings(text) }];
}

function parseSettings(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Reported below.
  }
  throw new UsageError('"--settings" must be a JSON object.', `Example: --settings '{"max_results":5}'.`);
}

// The edited file must load as a configuration; otherwise the original text is restored.
function write({ config, load }: CliSession, edits: readonly Edit[]): boolean {
  const { file } = config;
  if (file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  const before = readFileSync(file, 'utf8');
  const text = edits.reduce(
    (edited, { path, value }) => applyEdits(edited, modify(edited, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2 } })),
    before,
  );
  if (text === before) return false;
  replace(file, text);
  try {
    load();
  } catch (error) {
    replace(file, before);
    throw error;
  }
  return true;
}

// Keeps the mode, since the file may hold tokens, and a link to the file.
function replace(file: string, text: string): void {
  const target = realpathSync(file);
  const fresh = `${target}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  chmodSync(fresh, statSync(target).mode & 0o777);
  renameSync(fresh, target);
}
