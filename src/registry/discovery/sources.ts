import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { Config, PluginConfig, UpstreamConfig } from '../../config/config.ts';
import { defaultEntry } from '../../config/plugin-entry.ts';
import type { Adapter, Source } from '../../core/contract/adapter.ts';
import type { Host } from '../../core/contract/host.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import { fileFault } from '../../core/file-fault.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import type { StoredValues } from '../settings/stored-values.ts';
import type { DiscoveredPlugin } from './discovered-plugin.ts';
import { refuseHidden, refuseSecond } from './duplicates.ts';
import { withPlace } from './entry-fault.ts';
import { reads } from './reads.ts';
import { withStored } from './with-stored.ts';

interface Claim {
  readonly adapter: Adapter;
  readonly manifests: readonly Manifest[];
}

/**
 * Discovers the plugins of a configuration and of its plugin folders, in configuration order. Runs no plugin code. `stored`: the
 * values of settings that mcp.json need not set.
 */
export async function discoverPlugins(
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
  stored?: StoredValues,
): Promise<DiscoveredPlugin[]> {
  const found: DiscoveredPlugin[] = [];
  for (const plugin of config.plugins.values()) {
    const path = plugin.path ?? (selects(plugin, adapters) ? config.dir : undefined);
    if (path !== undefined) found.push(...(await readEntry(plugin, path, config, adapters, host, stored)));
  }
  for (const [id, upstream] of config.upstreams) found.push(...(await readServer(id, upstream, config, adapters, host)));
  const named = new Set(found.map((f) => realPath(f.origin)));
  for (const folder of config.pluginFolders) {
    for (const path of listFolder(folder, config, found)) {
      if (!named.has(realPath(path))) found.push(...(await readScanned(path, folder, config, adapters, host, stored)));
    }
  }
  const own = relateAll(refuseSecond(found.map(refuseHidden)), adapters);
  const all = own.some(({ manifest }) => manifest?.yields)
    ? await (await import('./yielded.ts')).withYielded(own, config, adapters, host)
    : own;
  return [...all, ...unmatched(config, found, adapters)];
}

// Disabled plugins are left out, so that plugins that depend on them get an error.
function relateAll(found: readonly DiscoveredPlugin[], adapters: readonly Adapter[]): DiscoveredPlugin[] {
  const related = new Map<Manifest | undefined, Manifest>();
  for (const adapter of adapters) {
    const own = found.flatMap((f) => (f.adapter === adapter && f.config.enabled && f.manifest ? [f.manifest] : []));
    for (const [i, manifest] of (adapter.relate?.(own) ?? []).entries()) related.set(own[i], manifest);
  }
  return found.map((f) => {
    const manifest = related.get(f.manifest);
    return manifest ? { ...f, manifest } : f;
  });
}

// An entry without a path may select its plugin by a key of its format.
function selects({ path, entry }: PluginConfig, adapters: readonly Adapter[]): boolean {
  return path === undefined && adapters.some(({ selectors = [] }) => selectors.some((key) => entry.options[key] !== undefined));
}

async function readEntry(
  plugin: PluginConfig,
  path: string,
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
  stored: StoredValues | undefined,
): Promise<DiscoveredPlugin[]> {
  const base = { id: plugin.id, origin: path, config: plugin };
  const guards = plugin.enabled && adapters.some((a) => a.guards?.(plugin.entry));
  const at = config.at('plugins', plugin.id, 'path');
  if (!existsSync(path))
    return [
      {
        ...base,
        guards,
        error: new GatewayError('ENTRY_NOT_FOUND', `${at}: ${path} does not exist.`, { plugin: plugin.id, at }),
      },
    ];
  const able = plugin.path === undefined ? adapters.filter((a) => selects(plugin, [a])) : foldersOnly(adapters);
  const candidates = plugin.format === undefined ? able : able.filter((a) => reads(a, plugin.format));
  try {
    const format = plugin.format === undefined ? {} : { format: plugin.format };
    const source: Source = { key: plugin.id, path, root: config.dir, ...format, entry: plugin.entry };
    const claims = await claim(source, candidates, host);
    if (claims.length === 0) {
      const formats = candidates.flatMap((a) => a.formats ?? [a.kind]).join(', ');
      throw new GatewayError('MANIFEST_INVALID', `No adapter recognizes ${path} as a plugin (tried: ${formats}).`, {
        at,
        fix: 'Correct "path" or "format".',
      });
    }
    const items = claims.flatMap(({ adapter, manifests }) =>
      manifests.map((manifest) => {
        const { id, origin } = manifest;
        return { id, origin, config: switched(plugin, id, config, adapters), manifest, adapter };
      }),
    );
    return await Promise.all(items.map((item) => withStored(item, source, host, stored)));
  } catch (error) {
    return [{ ...base, guards, error: asFailure(error, plugin.id) }];
  }
}

// One plugin of an entry with several can have an entry of its own that says whether it is enabled.
function switched(plugin: PluginConfig, id: string, config: Config, adapters: readonly Adapter[]): PluginConfig {
  const own = id === plugin.id || config.upstreams.has(id) ? undefined : config.plugins.get(id);
  if (own?.stated === undefined || own.path !== undefined || selects(own, adapters)) return plugin;
  return { ...plugin, enabled: own.stated };
}

function foldersOnly(adapters: readonly Adapter[]): readonly Adapter[] {
  return adapters.filter((a) => a.servers === undefined);
}

async function readServer(
  id: string,
  { path, server, fault }: UpstreamConfig,
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
): Promise<DiscoveredPlugin[]> {
  const plugin = config.plugins.get(id) as PluginConfig;
  const at = (...keys: readonly string[]): string => config.at(...path, ...keys);
  const base = { id, origin: '', config: plugin };
  try {
    if (fault !== undefined)
      throw new GatewayError('NEEDS_CONFIGURATION', fault, { plugin: id, at: at(), fix: 'Set the value that the message names.' });
    const source: Source = { key: id, path: config.dir, root: config.dir, server, at, entry: plugin.entry };
    for (const adapter of adapters.filter((a) => a.servers)) {
      const [manifest] = (await adapter.read(source, host)) ?? [];
      if (manifest) return [{ ...base, origin: manifest.origin, manifest, adapter }];
    }
    throw new GatewayError('CONFIG_INVALID', `${at()}: the entry has neither a program ("command") nor an address ("url").`, {
      plugin: id,
      at: at(),
      fix: 'Write it as in other MCP clients: { "command": "npx", "args": ["-y", "package"] } or { "url": "https://..." }.',
    });
  } catch (error) {
    return [{ ...base, error: withPlace(asFailure(error, id), at) }];
  }
}

async function readScanned(
  path: string,
  folder: string,
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
  stored: StoredValues | undefined,
): Promise<DiscoveredPlugin[]> {
  const unnamed = {
    id: basename(path),
    origin: path,
    config: scannedConfig(basename(path), config),
  };
  try {
    const source: Source = { path, root: config.dir, folder, entry: unnamed.config.entry };
    const found: DiscoveredPlugin[] = [];
    for (const { adapter, manifests } of await claim(source, foldersOnly(adapters), host)) {
      for (const { id } of manifests) {
        // An entry without a path applies to the scanned plugin with its id, or to the plugin in the folder of this name.
        const byFolder = manifests.length === 1 ? entryFor(unnamed.id, config) : undefined;
        const plugin = entryFor(id, config) ?? byFolder ?? scannedConfig(id, config);
        const key = plugin.id === id ? {} : { key: plugin.id };
        const own = { ...source, ...key, entry: plugin.entry };
        const read = await adapter.read(own, host);
        const [manifest] = (read ?? []).filter((m) => m.id === plugin.id);
        if (!manifest) continue;
        found.push(await withStored({ id: plugin.id, origin: path, config: plugin, manifest, adapter }, own, host, stored));
      }
    }
    return found;
  } catch (error) {
    return [{ ...unnamed, error: asFailure(error, unnamed.id) }];
  }
}

async function claim(source: Source, adapters: readonly Adapter[], host: Host): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const adapter of adapters) {
    const manifests = await adapter.read(source, host);
    if (manifests) claims.push({ adapter, manifests });
  }
  if (claims.length > 1) {
    const formats = claims.map((c) => c.adapter.kind).join(' and ');
    throw new GatewayError('NAME_COLLISION', `Several adapters recognize ${source.path} as a plugin: ${formats}.`, {
      fix: 'Add an entry with its "path" and "format" under "plugins" in mcp.json.',
    });
  }
  return claims;
}

function asFailure(thrown: unknown, plugin: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('MANIFEST_INVALID', `The plugin cannot be read: ${toError(thrown).message}`, { plugin, cause: thrown });
}

function entryFor(id: string, config: Config): PluginConfig | undefined {
  const named = config.plugins.get(id);
  return named?.path === undefined ? named : undefined;
}

function scannedConfig(id: string, config: Config): PluginConfig {
  const named = entryFor(id, config);
  if (named) return named;
  return {
    id,
    enabled: true,
    approval: 'inherit',
    limits: {},
    validate: true,
    names: {},
    entry: defaultEntry(config.dir),
  };
}

// Sorted by name, because the order matters to plugins that use each other, and must not depend on the file system.
function listFolder(folder: string, config: Config, found: DiscoveredPlugin[]): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    const failure = new GatewayError('ENTRY_NOT_FOUND', `The plugin folder ${folder} cannot be read: ${fileFault(error)}.`, {
      at: config.at('pluginFolders'),
    });
    found.push({
      id: basename(folder),
      origin: folder,
      config: scannedConfig(basename(folder), config),
      error: failure,
    });
    return [];
  }
}

/** Lists the folders that no adapter recognizes, one text per plugin folder. Skips `node_modules`, which has many others. */
export function unrecognizedFolders({ pluginFolders }: Config, origins: readonly string[]): string[] {
  const known = origins.map(realPath);
  return pluginFolders.flatMap((folder) => {
    if (basename(folder) === 'node_modules' || !existsSync(folder)) return [];
    const unrecognized = readdirSync(folder, { withFileTypes: true }).filter((item) => {
      const path = realPath(join(folder, item.name));
      const isKnown = known.some((origin) => origin === path || origin.startsWith(path + sep));
      return item.isDirectory() && !/^[._]/.test(item.name) && !isKnown;
    });
    const names = unrecognized.map(({ name }) => name).sort();
    return names.length === 0 ? [] : [`no adapter recognizes a plugin in ${names.map((name) => join(folder, name)).join(', ')}`];
  });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function unmatched(config: Config, found: readonly DiscoveredPlugin[], adapters: readonly Adapter[]): DiscoveredPlugin[] {
  const ids = new Set(found.map((f) => f.id));
  return [...config.plugins.values()]
    .filter((plugin) => plugin.path === undefined && !selects(plugin, adapters) && !ids.has(plugin.id))
    .map((plugin) => {
      const at = config.at('plugins', plugin.id);
      const near = didYouMean(plugin.id, ids) || (ids.size > 0 ? ` Found: ${[...ids].join(', ')}.` : '');
      const error = new GatewayError('ENTRY_NOT_FOUND', `${at}: no plugin with id "${plugin.id}" in "pluginFolders".${near}`, {
        plugin: plugin.id,
        at,
        fix: 'Correct the id, add a "path", or add its folder to "pluginFolders".',
      });
      return { id: plugin.id, origin: '', config: plugin, error };
    });
}
