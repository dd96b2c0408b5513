import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Source } from '../../src/core/contract/adapter.ts';
import type { Manifest } from '../../src/core/contract/plugin.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { Declarations, FaultyBlock, PluginBlock, ToolBlock } from './hcl/declarations.ts';
import { findHome, installFolder } from './install/home.ts';
import type { InstallRequest } from './install/install.ts';
import { type SquadronOptions, toOptions } from './options.ts';
import { resolveSource } from './path-rule.ts';
import { digestOf } from './recognise.ts';
import { toSettings } from './settings.ts';

/** A discovered Squadron plugin. */
export interface SquadronManifest extends Manifest {
  readonly source: Source;
  readonly options: SquadronOptions;
  /** The program to install; absent for tools that a file declares. */
  readonly install?: InstallRequest;
  readonly values: () => Readonly<Record<string, string>>;
  readonly tools?: readonly (ToolBlock | FaultyBlock)[];
  /** Why it cannot be opened. */
  readonly fault?: GatewayError;
  readonly notes: readonly string[];
}

/** A plugin in a source folder. */
export function fromFolder(id: string, source: Source): SquadronManifest {
  return toManifest(id, source, { source: source.path, version: 'local' }, () => toSettings(id, source.entry));
}

/** A plugin that an entry selects by `source` and `version`. */
export function fromEntry(id: string, source: Source): SquadronManifest {
  const { source: text, version = 'local' } = toOptions(source.entry);
  const place = text === undefined ? undefined : placeOf(text, version, source.root, source.root);
  return toManifest(id, source, { source: place, version }, () => toSettings(id, source.entry));
}

/** The plugins and tools that `.hcl` files declare. A faulty block does not affect the others. */
export function fromDeclarations(id: string, source: Source, declared: Declarations): SquadronManifest[] {
  const servers = new Set(declared.servers.map(({ name }) => name));
  const plugins = declared.plugins.map((block) => fromBlock(block, source, declared.root, servers));
  const notes = declared.skipped.length > 0 ? [`Blocks of these kinds are ignored: ${declared.skipped.join(', ')}.`] : [];
  if (declared.tools.length === 0 && notes.length === 0 && plugins.length > 0) return plugins;
  const digest = createHash('sha256').update(JSON.stringify(declared, asPlain)).digest('hex');
  return [
    ...plugins,
    { ...base(id, source, toOptions(source.entry)), version: 'local', digest, values: () => ({}), tools: declared.tools, notes },
  ];
}

// JSON.stringify drops maps and errors, which are part of the declarations.
function asPlain(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value instanceof Error ? value.message : value;
}

function fromBlock(block: PluginBlock | FaultyBlock, source: Source, root: string, servers: ReadonlySet<string>): SquadronManifest {
  const { name } = block;
  try {
    if ('error' in block) throw block.error;
    if (servers.has(name))
      throw new GatewayError('NAME_COLLISION', `The name "${name}" is used by a plugin and by an mcp block.`, {
        fix: 'Rename one of the two.',
      });
    const place = block.source === undefined || block.source === '' ? undefined : placeOf(block.source, block.version, block.folder, root);
    const values = (): Record<string, string> =>
      toSettings(name, { settings: { ...block.settings, ...source.entry.settings }, credentials: source.entry.credentials });
    const manifest = toManifest(name, source, { source: place, version: block.version }, values);
    return {
      ...manifest,
      digest: createHash('sha256')
        .update(manifest.digest + JSON.stringify(block.settings))
        .digest('hex'),
      watch: [source.path, ...manifest.watch],
    };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return {
      ...base(name, source, toOptions(source.entry)),
      version: '',
      digest: error.message,
      values: () => ({}),
      fault: error,
      notes: [],
    };
  }
}

/** The release as written, or the absolute path of a source folder. Throws CONFIG_INVALID if the path is not allowed. */
function placeOf(text: string, version: string, folder: string, root: string): string {
  if (text.startsWith('github.com/')) return text;
  if (version !== 'local') {
    throw new GatewayError('CONFIG_INVALID', `source "${text}" is a folder, so its version must be "local", not "${version}".`, {
      fix: 'Set "version": "local", or use a release github.com/owner/repo.',
    });
  }
  return resolveSource(text, folder, root);
}

function toManifest(
  id: string,
  source: Source,
  which: Pick<InstallRequest, 'source' | 'version'>,
  values: SquadronManifest['values'],
): SquadronManifest {
  const options = toOptions(source.entry);
  const home = findHome(source.root);
  const dir = installFolder(home, id, which.version);
  const folder = which.source !== undefined && isAbsolute(which.source) ? which.source : undefined;
  if (which.source === undefined && which.version !== 'local') {
    throw new GatewayError('CONFIG_INVALID', `Plugin "${id}" has the version ${which.version} but no source.`, {
      fix: 'Set "source" to its release, such as github.com/owner/repo.',
    });
  }
  if (folder !== undefined && !existsSync(folder)) {
    throw new GatewayError('ENTRY_NOT_FOUND', `The source folder ${folder} of the plugin "${id}" does not exist.`, { plugin: id });
  }
  const stamp = folder === undefined ? stampOf(dir) : digestOf(folder);
  return {
    ...base(id, source, options),
    version: which.version,
    ...(folder === undefined ? { origin: which.source ?? dir } : { origin: folder }),
    watch: folder === undefined ? (which.source === undefined ? [join(dir, 'runner.json')] : []) : [folder],
    digest: createHash('sha256')
      .update(JSON.stringify([stamp, which, home]))
      .digest('hex'),
    install: { name: id, home, releases: options.releases, ...which },
    values,
    notes: [],
  };
}

type Base = Pick<SquadronManifest, 'id' | 'adapter' | 'origin' | 'watch' | 'source' | 'options'>;

function base(id: string, source: Source, options: SquadronOptions): Base {
  return {
    id,
    adapter: 'squadron',
    origin: source.path,
    watch: [source.path],
    source,
    options,
  };
}

// A manual rebuild counts as a change.
function stampOf(dir: string): string {
  for (const name of ['runner.json', 'plugin']) {
    try {
      return String(statSync(join(dir, name)).mtimeMs);
    } catch {
      // Try the next name.
    }
  }
  return '';
}
