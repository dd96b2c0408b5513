import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Source } from '../../src/core/contract/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { didYouMean } from '../../src/core/text/nearest.ts';
import { isPackage, isPluginModule, modulesIn, type PluginModule, pluginsFolder, toModule } from './find-modules.ts';

/** One plugin that a source selects. */
export interface Selected {
  readonly name: string;
  /** How the configuration may speak of it besides. */
  readonly stem: string;
  readonly find: JsonObject;
  /** Where its text is; absent where it is installed somewhere. */
  readonly path?: string;
  /** Why it cannot be opened. */
  readonly fault?: GatewayError;
}

/** What a source selects; `several` where every plugin goes by its own name. */
export interface Selection {
  readonly plugins: readonly Selected[];
  readonly several: boolean;
  /** Plugins of the folder that the configuration does not name. */
  readonly unnamed: readonly string[];
}

const ENTRY_POINT = /^(?:([A-Za-z0-9][A-Za-z0-9._-]*):)?([^:\s]+)$/;

/** Reads what a source selects; null where it is none of this format's. Reads text only. */
export function recognise(source: Source): Selection | null {
  const { path, key, entry } = source;
  // Where somebody says what it is, its text need not show the factory.
  const isSaid = source.format === 'jaato';
  const { entryPoints, allow } = entry.options as { entryPoints?: string[]; allow?: string[] };
  if (entryPoints) return fromEntryPoints(entryPoints, path === source.root);
  const bare = entry.options.bareParents !== 'off';
  if (!statSync(path).isDirectory()) return path.endsWith('.py') && (isSaid || isPluginModule(path)) ? one(toModule(path, bare)) : null;
  if (allow) return fromFolder(pluginsFolder(path), allow, bare);
  if (isPackage(path) && isPluginModule(path)) return one(toModule(path, bare));
  // Only a folder that was named is worth an explanation.
  const held = key === undefined ? [] : modulesIn(pluginsFolder(path), bare);
  if (held.length === 0) return isSaid && isPackage(path) ? one(toModule(path, bare)) : null;
  throw new GatewayError('CONFIG_INVALID', `${path} holds ${held.length} jaato plugins: ${held.map((m) => m.name).join(', ')}.`, {
    fix: 'Name those to load with "allow", or give one plugin\'s own path.',
  });
}

function one(module: PluginModule): Selection {
  return { plugins: [module], several: false, unnamed: [] };
}

function fromFolder(folder: string, allow: readonly string[], bare: boolean): Selection {
  const held = modulesIn(folder, bare);
  const plugins = allow.map((name): Selected => {
    const found = held.find((m) => m.name === name) ?? held.find((m) => m.stem === name);
    if (found) return found;
    const known = held.map((m) => m.name);
    const message = `${folder} holds no plugin "${name}".${didYouMean(name, known) || ` Found: ${known.join(', ') || 'none'}.`}`;
    return { name, stem: name, find: {}, fault: new GatewayError('ENTRY_NOT_FOUND', message, { fix: 'Correct "allow".' }) };
  });
  return { plugins, several: true, unnamed: held.filter((m) => !plugins.includes(m)).map((m) => m.name) };
}

function fromEntryPoints(names: readonly string[], alone: boolean): Selection {
  if (!alone) throw new GatewayError('CONFIG_INVALID', 'An entry selects its plugins by "path" or by "entryPoints", not by both.');
  const plugins = names.map((text): Selected => {
    const [, distribution, name] = ENTRY_POINT.exec(text) ?? [];
    if (name === undefined) {
      const message = `"${text}" is no entry point.`;
      throw new GatewayError('CONFIG_INVALID', message, { fix: 'Write <name> or <distribution>:<name>.' });
    }
    const find: JsonObject = { kind: 'entryPoint', name, ...(distribution === undefined ? {} : { distribution }) };
    return { name, stem: name, find };
  });
  return { plugins, several: plugins.length > 1, unnamed: [] };
}

/** The id of a plugin in the gateway. */
export function idOf({ key, path }: Source, { several }: Selection, { name, stem }: Selected): string {
  if (several) return name;
  return key ?? (name || stem || basename(path));
}
