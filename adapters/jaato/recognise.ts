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
  /** Alternative name in the configuration. */
  readonly stem: string;
  readonly find: JsonObject;
  /** Path of its source; absent if it is an installed package. */
  readonly path?: string;
  /** Why it cannot be opened. */
  readonly fault?: GatewayError;
}

/** The plugins that a source selects. `several`: each plugin's id is its own name. */
export interface Selection {
  readonly plugins: readonly Selected[];
  readonly several: boolean;
  /** Plugins of the folder that the configuration does not name. */
  readonly unnamed: readonly string[];
}

const ENTRY_POINT = /^(?:([A-Za-z0-9][A-Za-z0-9._-]*):)?([^:\s]+)$/;

/** Reads a source's selection from text only; null if it is not of this format. */
export function recognise(source: Source): Selection | null {
  const { path, key, entry } = source;
  // With an explicit "format", the text need not contain the factory.
  const isExplicit = source.format === 'jaato';
  const { entryPoints, allow } = entry.options as { entryPoints?: string[]; allow?: string[] };
  if (entryPoints) return fromEntryPoints(entryPoints, path === source.root);
  const bare = entry.options.bareParents !== 'off';
  if (!statSync(path).isDirectory()) return path.endsWith('.py') && (isExplicit || isPluginModule(path)) ? one(toModule(path, bare)) : null;
  if (allow) return fromFolder(pluginsFolder(path), allow, bare);
  if (isPackage(path) && isPluginModule(path)) return one(toModule(path, bare));
  // Only an explicitly configured folder gets an error message.
  const held = key === undefined ? [] : modulesIn(pluginsFolder(path), bare);
  if (held.length === 0) return isExplicit && isPackage(path) ? one(toModule(path, bare)) : null;
  throw new GatewayError('CONFIG_INVALID', `${path} contains ${held.length} jaato plugins: ${held.map((m) => m.name).join(', ')}.`, {
    fix: 'Select plugins with "allow", or use the path of one plugin.',
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
    const message = `${folder} contains no plugin "${name}".${didYouMean(name, known) || ` Found: ${known.join(', ') || 'none'}.`}`;
    return { name, stem: name, find: {}, fault: new GatewayError('ENTRY_NOT_FOUND', message, { fix: 'Correct "allow".' }) };
  });
  return { plugins, several: true, unnamed: held.filter((m) => !plugins.includes(m)).map((m) => m.name) };
}

function fromEntryPoints(names: readonly string[], alone: boolean): Selection {
  if (!alone) throw new GatewayError('CONFIG_INVALID', 'An entry cannot have both "path" and "entryPoints".');
  const plugins = names.map((text): Selected => {
    const [, distribution, name] = ENTRY_POINT.exec(text) ?? [];
    if (name === undefined) {
      const message = `"${text}" is not a valid entry point.`;
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
