import type { Config, PluginConfig } from '../../config/config.ts';
import type { Parent } from '../../core/contract/plugin.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import { UsageError, unknownPlugin } from '../context.ts';
import { type JsonEdit, nodeAt } from './json-edit.ts';

/** A plugin of the configuration, and the id of the entry that it comes from. */
export interface FoundPlugin {
  readonly status: PluginStatus;
  readonly entry: string;
}

/** Where mcp.json configures a plugin: its own entry, or an entry with several plugins. */
export interface Place {
  readonly entry: string;
  /** Undefined if the entry is still to be written. */
  readonly config: PluginConfig | undefined;
  /** Whether it is an upstream server whose own entry disables it, which "plugins" can override. */
  readonly isServerOff?: boolean;
  /** The list of the entry that selects its plugins. */
  readonly list?: List | undefined;
  /** If the entry has several plugins: what an entry of this plugin alone states. */
  readonly own?: { readonly stated: boolean | undefined };
  /** The name of the server, if the plugin of the entry brings it: its keys are below `servers`. */
  readonly server?: string;
  /** Where the entry has the settings of this plugin; absent: where every plugin of one format has them. */
  readonly settingsAt?: readonly string[];
}

interface List {
  readonly key: string;
  readonly names: readonly string[];
}

/** Options with a list of plugins to load. */
const LISTS = ['allow', 'entryPoints'];

/** Finds the place of a plugin. Throws UsageError if there is no such plugin. */
export function placeOf(id: string, config: Config, found: readonly FoundPlugin[]): Place {
  const one = found.find(({ status }) => status.id === id);
  const named = config.plugins.get(id);
  if (one?.status.parent && !named) return serverPlace(one.status, one.status.parent, config, found);
  const holder = one && one.entry !== id ? config.plugins.get(one.entry) : undefined;
  if (holder && !config.upstreams.has(id)) {
    const { settingsAt } = one?.status ?? {};
    const own = { stated: named?.stated };
    return { entry: holder.id, config: holder, list: listWith(id, holder), own, ...(settingsAt ? { settingsAt } : {}) };
  }
  const server = config.upstreams.get(id)?.server;
  if (named) return { entry: id, config: named, isServerOff: server?.disabled === true || server?.enabled === false };
  for (const entry of config.plugins.values()) {
    const list = listWith(id, entry);
    if (list) return { entry: entry.id, config: entry, list, own: { stated: undefined } };
  }
  // A plugin that was only found in a plugin folder gets a new entry.
  if (one) return { entry: id, config: undefined };
  for (const entry of config.plugins.values()) {
    const { allow } = entry.entry.options;
    if (isNames(allow) && found.some(({ status }) => allow.includes(status.id) && status.unselected?.includes(id))) {
      return { entry: entry.id, config: entry, list: { key: 'allow', names: allow }, own: { stated: undefined } };
    }
  }
  throw unknownPlugin(id, [...found.map(({ status }) => status.id), ...config.plugins.keys()], config);
}

// All plugins of an entry share its keys for servers.
function serverPlace({ id }: PluginStatus, parent: Parent, config: Config, found: readonly FoundPlugin[]): Place {
  const entry = found.find(({ status }) => status.id === parent.id)?.entry ?? parent.id;
  const isShared = found.some((one) => one.entry === entry && !one.status.parent && one.status.id !== parent.id);
  if (parent.parent || isShared)
    throw new UsageError(`${id} has no keys of its own in mcp.json.`, `Run \`plugmux disable ${id}\` without "--in-file".`);
  const own = config.plugins.get(entry);
  const { enabled, disabled } = own?.servers?.[parent.name] ?? {};
  return { entry, server: parent.name, config: own && { ...own, enabled: enabled !== false && disabled !== true } };
}

const isNames = (list: unknown): list is string[] => Array.isArray(list) && list.every((item) => typeof item === 'string');
const isCalled = (id: string) => (name: string) => name === id || name.endsWith(`:${id}`);

function listWith(id: string, { entry }: PluginConfig): List | undefined {
  for (const key of LISTS) {
    const list = entry.options[key];
    if (isNames(list) && list.some(isCalled(id))) return { key, names: list };
  }
  return undefined;
}

/** The edits that enable a plugin, and no other plugin of its entry. None if it is enabled. */
export function enable(id: string, place: Place, text: string): JsonEdit[] {
  const { entry, config, list, isServerOff, own, server } = place;
  if (server !== undefined) return config?.enabled === false ? [switchAt(entry, server, true)] : [];
  const edits: JsonEdit[] = [];
  if (list && !list.names.some(isCalled(id)))
    edits.push({ path: ['plugins', entry, list.key, list.names.length], json: JSON.stringify(id) });
  if (own) return [...edits, ...state(id, place, true, text)];
  if (!config || config.enabled) return edits;
  if (isServerOff) return [...edits, { path: ['plugins', entry, 'enabled'], json: 'true' }];
  return [...edits, unset(entry, text)];
}

/** The edits that disable a plugin, and no other plugin of its entry. None if it is disabled. */
export function disable(id: string, place: Place, text: string): JsonEdit[] {
  const { entry, config, own, server } = place;
  if (server !== undefined) return config?.enabled === false ? [] : [switchAt(entry, server, false)];
  if (!own) return config && !config.enabled ? [] : [{ path: ['plugins', entry, 'enabled'], json: 'false' }];
  return state(id, place, false, text);
}

/**
 * The edits that take a plugin out of the list of its entry, which takes the name back when the plugin is enabled again. None if there
 * is no such list. Entry points have longer names. Single items are removed, because rewriting the list would replace its
 * `${env:…}` references.
 */
export function unlist(id: string, { entry, config, list, own }: Place): JsonEdit[] {
  if (list?.key !== 'allow' || own?.stated !== undefined || !config?.enabled) return [];
  const items = [...list.names.keys()].filter((i) => isCalled(id)(list.names[i] ?? '')).reverse();
  return items.length === list.names.length ? [] : items.map((i) => ({ path: ['plugins', entry, 'allow', i], json: undefined }));
}

// The plugin gets an entry of its own that states the difference from its siblings, or loses it.
function state(id: string, { config, own }: Place, wanted: boolean, text: string): JsonEdit[] {
  if ((own?.stated ?? config?.enabled) === wanted) return [];
  if (config?.enabled === wanted) return [unset(id, text)];
  return [{ path: ['plugins', id, 'enabled'], json: String(wanted) }];
}

function switchAt(entry: string, server: string, enabled: boolean): JsonEdit {
  return { path: ['plugins', entry, 'servers', server, 'enabled'], json: String(enabled) };
}

function unset(entry: string, text: string): JsonEdit {
  return { path: isOnlySwitch(text, entry) ? ['plugins', entry] : ['plugins', entry, 'enabled'], json: undefined };
}

// An entry that only disables the plugin is removed as a whole, unless it has a comment.
function isOnlySwitch(text: string, entry: string): boolean {
  const { children, offset = 0, length = 0 } = nodeAt(text, ['plugins', entry]) ?? {};
  return children?.length === 1 && /^[^/]*$/.test(text.slice(offset, offset + length));
}
