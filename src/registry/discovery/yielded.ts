import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Config } from '../../config/config.ts';
import { type ServerFile, toYielded } from '../../config/yielded-config.ts';
import type { Adapter, Source } from '../../core/contract/adapter.ts';
import type { Host } from '../../core/contract/host.ts';
import type { Manifest, Problem } from '../../core/contract/plugin.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import { asObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { missingSetting } from '../missing-setting.ts';
import type { DiscoveredPlugin } from './discovered-plugin.ts';
import { withPlace } from './entry-fault.ts';
import { reads } from './reads.ts';

/** A plugin may yield plugins that yield servers, and no more. */
const MAX_LEVELS = 2;
const MAX_ID = 64;
const HASH_CHARS = 8;

/**
 * Adds behind each plugin what it yields. Ids are `<plugin>.<name>`; an id that the configuration or another plugin has stays
 * with that one.
 */
export async function withYielded(
  found: readonly DiscoveredPlugin[],
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
): Promise<DiscoveredPlugin[]> {
  const taken = new Set([...found.map(({ id }) => id), ...config.plugins.keys()]);
  const used = new Set<string>();
  const add = async (item: DiscoveredPlugin, level: number): Promise<DiscoveredPlugin[]> => {
    const { manifest } = item;
    const yields = manifest?.yields ?? [];
    if (!manifest || yields.length === 0) return [item];
    if (level >= MAX_LEVELS)
      return [{ ...item, manifest: { ...manifest, ignored: [...(manifest.ignored ?? []), tooDeep(yields.length)] } }];
    const children: DiscoveredPlugin[] = [];
    for (const source of yields) {
      const id = yieldedId(item.id, source.key ?? '', used);
      used.add(id);
      const child = await readYielded(source, { ...item, manifest }, id, taken.has(id), config, adapters, host);
      children.push(...(await add(child, level + 1)));
    }
    return [item, ...children];
  };
  const all: DiscoveredPlugin[] = [];
  for (const item of found) all.push(...(await add(item, 0)));
  return all;
}

async function readYielded(
  source: Source,
  { manifest, ...yielder }: DiscoveredPlugin & { readonly manifest: Manifest },
  id: string,
  isTaken: boolean,
  config: Config,
  adapters: readonly Adapter[],
  host: Host,
): Promise<DiscoveredPlugin> {
  const name = source.key ?? '';
  const servers = yielder.config.servers ?? {};
  const own = Object.hasOwn(servers, name) ? (servers[name] as ServerFile) : {};
  const parent = { id: yielder.id, name, ...(yielder.parent ? { parent: yielder.parent } : {}) };
  const plugin = toYielded(id, yielder.config, own, config.dir);
  const base = { id, origin: source.server ? '' : source.path, config: plugin, parent };
  const at = source.at ?? (() => manifest.origin);
  try {
    if (isTaken) {
      const fix = `Rename the other one; keys for this server go below "plugins": { "${yielder.id}": { "servers": { "${name}": ... } } }.`;
      throw new GatewayError('NAME_COLLISION', `Another plugin has the id "${id}", so "${name}" of ${yielder.id} is not used.`, {
        plugin: id,
        fix,
      });
    }
    const missing = neededBy(source, own);
    if (missing.length > 0) throw toMissing(missing, yielder, manifest);
    const { adapter, manifest: read } = source.server
      ? await readServer({ ...source, key: id, server: mergeServer(source.server, own), entry: plugin.entry }, adapters, host)
      : await readInside({ ...source, key: id, entry: plugin.entry }, manifest, adapters, host);
    return { ...base, origin: read.origin, manifest: { ...read, parent }, adapter };
  } catch (thrown) {
    const failure =
      thrown instanceof GatewayError
        ? thrown
        : new GatewayError('MANIFEST_INVALID', toError(thrown).message, { plugin: id, cause: thrown });
    const shown = isTaken ? { ...base, id: `${id} (${yielder.id})` } : base;
    return { ...shown, error: withPlace(failure, at) };
  }
}

async function readServer(source: Source, adapters: readonly Adapter[], host: Host) {
  for (const adapter of adapters.filter(({ servers }) => servers)) {
    const [manifest] = (await adapter.read(source, host)) ?? [];
    if (manifest) return { adapter, manifest };
  }
  throw new GatewayError('CONFIG_INVALID', 'The server has neither a program ("command") nor an address ("url").', {
    fix: 'Report it to the author of the plugin, or set the missing key below "servers" of its entry in mcp.json.',
  });
}

async function readInside(source: Source, { origin }: Manifest, adapters: readonly Adapter[], host: Host) {
  if (!`${realpathSync(source.path)}${sep}`.startsWith(`${realpathSync(origin)}${sep}`))
    throw new GatewayError('MANIFEST_INVALID', `${source.path} is outside of the plugin's folder.`);
  for (const adapter of adapters.filter((a) => a.servers === undefined && reads(a, source.format))) {
    const manifests = (await adapter.read(source, host)) ?? [];
    const manifest = manifests.find(({ id }) => id === source.key);
    if (manifest) return { adapter, manifest };
  }
  throw new GatewayError('MANIFEST_INVALID', `${source.path} is not a plugin of the format ${source.format ?? 'that its plugin names'}.`);
}

/** The id of a yielded plugin: at most 64 characters. It is cut and made unique by a hash if it would be longer, or is `used`. */
export function yieldedId(plugin: string, name: string, used: ReadonlySet<string> = new Set()): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  const id = `${plugin}.${slug}`;
  if (slug !== '' && id.length <= MAX_ID && !used.has(id)) return id;
  const hash = createHash('sha256').update(`${plugin}\n${name}`).digest('hex').slice(0, HASH_CHARS);
  return `${id.slice(0, MAX_ID - HASH_CHARS - 1)}-${hash}`;
}

/** The entry of the plugin with the operator's keys over it; variables and headers are merged by name. */
function mergeServer(server: JsonObject, own: ServerFile): JsonObject {
  const over = { ...(own as JsonObject) };
  if (own.args !== undefined) over.args = own.args.map(String);
  const merged: JsonObject = { ...server, ...over };
  for (const key of ['env', 'headers'])
    if (server[key] !== undefined && over[key] !== undefined) merged[key] = { ...asObject(server[key]), ...asObject(over[key]) };
  // Another address or program takes nothing over from the one it replaces.
  if (over.url !== undefined) delete merged.command;
  if (over.command !== undefined && over.url === undefined) for (const key of ['url', 'httpUrl', 'serverUrl', 'type']) delete merged[key];
  return merged;
}

// A value that the operator's entry replaces needs no setting.
function neededBy({ needs = [] }: Source, own: ServerFile): string[] {
  const isReplaced = ([first = '', second]: readonly string[]): boolean => {
    const value: JsonValue | undefined = (own as JsonObject)[first];
    return value !== undefined && (second === undefined || !/^(env|headers)$/.test(first) || Object.hasOwn(asObject(value), second));
  };
  return [...new Set(needs.filter(({ at }) => !isReplaced(at)).map(({ setting }) => setting))];
}

function toMissing(keys: readonly string[], { id, config, parent }: DiscoveredPlugin, { settings, settingsAt }: Manifest): GatewayError {
  // A plugin inside another one has its settings in the entry of that one, and nowhere else.
  const all = keys.map((key) =>
    parent
      ? { ...missingSetting(parent.id, key, undefined, { settingsAt: ['servers', parent.name, 'settings'] }), command: undefined }
      : missingSetting(id, key, settings, { entry: config.id, settingsAt }),
  );
  const names = keys.map((key) => `"${key}"`).join(', ');
  const steps = all.map(({ command, fix }) => (command === undefined ? fix : `Run \`${command}\`.`));
  return new GatewayError(
    'NEEDS_CONFIGURATION',
    `It uses ${names} of the plugin "${id}", which ${keys.length === 1 ? 'is' : 'are'} not set.`,
    {
      plugin: id,
      fix: steps.join(' '),
    },
  );
}

function tooDeep(count: number): Problem {
  return {
    message: `${count} further plugins or servers in it are left out: a plugin inside a plugin may bring servers, but no further plugins.`,
  };
}
