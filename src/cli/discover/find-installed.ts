import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import type { Installed, Surroundings } from '../../core/contract/installed.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { type CliSession, UsageError } from '../context.ts';
import { contentOf, findServers, type NewEntry, planFor, textOf } from '../import/import-client.ts';
import { IMPORT_CLIENTS, type ImportClient, placesOf } from '../import/places.ts';
import type { FoundServer, PlannedServer } from '../import/plan.ts';
import { planImport } from '../import/plan.ts';

/** Something to add to mcp.json. */
export interface Offered {
  readonly client: string;
  readonly kind: Installed['kind'] | 'server';
  readonly id: string;
  /** What it runs, or where it lies. */
  readonly what: string;
  readonly names: readonly string[];
  readonly notes: readonly string[];
  /** Secrets in plain text, which `hidden` has no longer. */
  readonly secrets: PlannedServer['secrets'];
  readonly entry: NewEntry;
  readonly hidden: NewEntry;
  /** Why it is not added. */
  readonly skipped?: string;
}

/** Finds what the clients have installed: their servers as `plugmux import` does, the rest as the adapters of its formats know it. */
export async function findInstalled(
  session: CliSession,
  adapters: readonly Adapter[],
  around: Surroundings,
): Promise<{ readonly offered: readonly Offered[]; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const servers = IMPORT_CLIENTS.flatMap((client) => serversOf(client, around, faults).map((server) => ({ client, server })));
  const found = servers.map(({ server }) => server);
  const planned = session.config.file === undefined ? planImport(found, () => undefined) : planFor(session, found);
  const offered = planned.map((plan, i) => ofServer(servers[i]?.client ?? '', plan));
  const ids = new Set([...session.config.plugins.keys(), ...offered.map(({ id }) => id)]);
  for (const adapter of adapters)
    for (const installed of (await adapter.installed?.(around)) ?? []) {
      const one = ofInstalled(installed, ids, session, around);
      ids.add(one.id);
      offered.push(one);
    }
  return { offered, faults };
}

function serversOf(client: ImportClient, around: Surroundings, faults: string[]): FoundServer[] {
  // One client's broken file hides nothing of the others.
  if (!placesOf(client, around).some((file) => existsSync(file))) return [];
  try {
    return findServers(client, undefined, around);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    faults.push(`${client}: ${error.message}`);
    return [];
  }
}

function ofServer(client: string, { name, entry, hidden, secrets, runs, notes, unknown, skipped }: PlannedServer): Offered {
  const left = unknown.length === 0 ? [] : [`not carried over: ${unknown.join(', ')}`];
  return {
    client,
    kind: 'server',
    id: name,
    what: runs,
    names: [],
    notes: [...left, ...notes],
    secrets,
    entry: { name, entry },
    hidden: { name, entry: hidden },
    ...(skipped === undefined ? {} : { skipped }),
  };
}

function ofInstalled(
  { client, kind, id, path, keys, selected, names = [], note }: Installed,
  ids: ReadonlySet<string>,
  session: CliSession,
  around: Surroundings,
): Offered {
  const entry: JsonObject = { ...keys, ...(selected ? {} : { path: fromHome(path, around) }) };
  const name = freeId(id, ids);
  const add: NewEntry = { name, entry, below: 'plugins' };
  const skipped = alreadyIn(session.config, path, entry) ?? faultOf(session, add);
  return {
    client,
    kind,
    id: name,
    what: path,
    names,
    notes: note === undefined ? [] : [note],
    secrets: [],
    entry: add,
    hidden: add,
    ...(skipped === undefined ? {} : { skipped }),
  };
}

// The same folder, the same keys that select it, or a folder of a scanned one.
function alreadyIn({ plugins, pluginFolders }: Config, path: string, { from }: JsonObject): string | undefined {
  const real = realOf(path);
  for (const [id, plugin] of plugins)
    if (plugin.path === undefined ? from !== undefined && plugin.entry.options.from === from : realOf(plugin.path) === real)
      return `it is there already as "${id}"`;
  const folder = pluginFolders.find((one) => dirname(real) === realOf(one));
  return folder === undefined ? undefined : `it is there already: ${folder} is one of "pluginFolders"`;
}

function faultOf({ config, load }: CliSession, entry: NewEntry): string | undefined {
  if (config.file === undefined) return undefined;
  try {
    load(undefined, contentOf(textOf(config), [entry]));
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^\S+:\d+:\d+: /, '');
  }
}

function freeId(wanted: string, ids: ReadonlySet<string>): string {
  let id = wanted;
  for (let n = 2; ids.has(id); n++) id = `${wanted.slice(0, 60)}-${n}`;
  return id;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function fromHome(path: string, { home, platform }: Surroundings): string {
  const separator = platform === 'win32' ? '\\' : '/';
  return path.startsWith(home + separator) ? `~/${path.slice(home.length + 1).replaceAll('\\', '/')}` : path;
}
