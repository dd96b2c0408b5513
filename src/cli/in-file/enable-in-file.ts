import { createApp } from '../../app.ts';
import type { Config, PluginConfig } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { JsonError, parseJson } from '../../core/json/json-scan.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import { type CliSession, UsageError, unknownPlugin } from '../context.ts';
import { editJson, type JsonEdit, nodeAt } from './json-edit.ts';
import { replaceFile } from './replace-file.ts';

/** Options with a list of plugins to load. */
const LISTS = ['allow', 'entryPoints'];
const CAPS = { depth: 64, keys: 20_000, items: 100_000 };

/** The result of a change; `changed` is false if the file already had these values. */
export interface FileChange {
  readonly changed: boolean;
  /** Set if the plugin stays disabled although the file enables it: `plugmux disable` was used without `--in-file`. */
  readonly isStillDisabled: boolean;
}

/**
 * Enables or disables one plugin in mcp.json; a gateway that serves the file follows. `settings` is the text of a JSON object
 * that replaces the plugin's settings. Throws UsageError for an unknown plugin, bad settings or a file that cannot be
 * written, CONFIG_INVALID if the file would not load afterwards; the file is then unchanged.
 */
export async function setEnabledInFile(
  session: CliSession,
  adapters: readonly Adapter[],
  id: string,
  enabled: boolean,
  settings?: string,
): Promise<FileChange> {
  const { file } = session.config;
  if (file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  if (settings !== undefined) checkSettings(settings);
  const changed = await replaceFile(file, async (content) => {
    const text = content.toString();
    const config = session.load(undefined, content);
    const place = placeOf(id, config, await findAll({ ...session, config }, adapters));
    if (settings !== undefined && config.upstreams.has(place.entry)) {
      throw new UsageError(`${id} is an MCP server, which has no settings.`, 'Set "env", "args" or "headers" in its entry.');
    }
    const edits = [...(enabled ? enable(id, place, text) : disable(id, place)), ...settingsOf(id, place, settings)];
    if (edits.length === 0) return undefined;
    const server = settings === undefined ? config.upstreams.get(id) : undefined;
    return firstThatLoads(session, text, [edits, ...(server ? [switchServer(server.path, enabled, text)] : [])]);
  });
  const now = enabled ? await findAll({ ...session, config: session.load() }, adapters) : [];
  return { changed, isStillDisabled: now.some((plugin) => plugin.id === id && plugin.state === 'disabled') };
}

async function findAll({ config, redactor, log }: CliSession, adapters: readonly Adapter[]): Promise<readonly PluginStatus[]> {
  const app = await createApp({ config, adapters, redactor, log });
  const plugins = app.registry.plugins();
  await app.close();
  return plugins;
}

// Files of other clients cannot hold "plugins", and some names of servers are not ids of plugins, so the second choice for a
// server is its own entry.
function firstThatLoads({ load, config }: CliSession, text: string, choices: readonly (readonly JsonEdit[])[]): Buffer {
  let first: unknown;
  for (const edits of choices) {
    const content = Buffer.from(editJson(text, edits));
    try {
      load(undefined, content);
      return content;
    } catch (error) {
      first ??= error;
    }
  }
  if (!(first instanceof GatewayError)) throw first;
  const message = `${config.file} is unchanged, since it would not load with this change:\n${first.message}`;
  throw new GatewayError(first.code, message, first.details);
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
  for (const key of LISTS) {
    const list = entry.options[key];
    if (isNames(list) && list.some(isCalled(id))) return { key, names: list };
  }
  return undefined;
}

function enable(id: string, { entry, config, list, isServerOff }: Place, text: string): JsonEdit[] {
  const edits: JsonEdit[] = [];
  if (list && !list.names.some(isCalled(id))) {
    edits.push({ path: ['plugins', entry, list.key, list.names.length], json: JSON.stringify(id) });
  }
  if (!config || config.enabled) return edits;
  if (isServerOff) return [...edits, { path: ['plugins', entry, 'enabled'], json: 'true' }];
  return [...edits, { path: isOnlySwitch(text, entry) ? ['plugins', entry] : ['plugins', entry, 'enabled'], json: undefined }];
}

// An entry that only disables the plugin is removed as a whole, unless it has a comment.
function isOnlySwitch(text: string, entry: string): boolean {
  const { children, offset = 0, length = 0 } = nodeAt(text, ['plugins', entry]) ?? {};
  return children?.length === 1 && /^[^/]*$/.test(text.slice(offset, offset + length));
}

// Removes single items. Rewriting the whole list would replace its `${env:…}` references with their values.
function disable(id: string, { entry, config, list }: Place): JsonEdit[] {
  const items = [...(list?.names.keys() ?? [])].filter((i) => isCalled(id)(list?.names[i] ?? '')).reverse();
  if (list && items.length > 0 && items.length < list.names.length) {
    return items.map((i) => ({ path: ['plugins', entry, list.key, i], json: undefined }));
  }
  return config && !config.enabled ? [] : [{ path: ['plugins', entry, 'enabled'], json: 'false' }];
}

function switchServer(path: readonly string[], enabled: boolean, text: string): JsonEdit[] {
  const has = (key: string): boolean => nodeAt(text, [...path, key]) !== undefined;
  const edits: JsonEdit[] = has('enabled') ? [{ path: [...path, 'enabled'], json: String(enabled) }] : [];
  if (!enabled && edits.length === 0) return [{ path: [...path, 'disabled'], json: 'true' }];
  return enabled && has('disabled') ? [...edits, { path: [...path, 'disabled'], json: undefined }] : edits;
}

function settingsOf(id: string, { entry, list }: Place, json: string | undefined): JsonEdit[] {
  if (json === undefined) return [];
  return [{ path: ['plugins', entry, ...(list ? ['config', id] : ['settings'])], json }];
}

function checkSettings(text: string): void {
  const fix = `Example: --settings '{"max_results":5}'.`;
  let value: JsonValue | undefined;
  try {
    value = parseJson(text, CAPS);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.fault !== 'syntax') throw new UsageError(`"--settings" cannot be used: ${error.message}.`, fix);
  }
  if (!isJsonObject(value)) throw new UsageError('"--settings" must be a JSON object.', fix);
}
