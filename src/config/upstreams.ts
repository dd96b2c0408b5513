import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { JsonObject } from '../core/json/json.ts';
import { PACKAGE_ROOT } from '../core/package.ts';
import type { UpstreamConfig } from './config.ts';
import { type ConfigFile, SHARED_KEYS } from './schema.ts';
import { SERVER_KEYS } from './server-keys.ts';
import type { SourceText } from './source-text.ts';

/** A reference that could not be filled in, with a sentence about it. */
export interface Unfilled {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

type PluginFiles = NonNullable<ConfigFile['plugins']>;

/**
 * The upstream servers of a configuration, and the plugin entries with one for each of them: what `plugins` says of its
 * id, where that names no plugin of its own, completes what the server's entry says.
 */
export function toUpstreams(
  data: ConfigFile,
  unfilled: readonly Unfilled[],
  source: SourceText,
  warnings: string[],
): { upstreams: ReadonlyMap<string, UpstreamConfig>; files: PluginFiles; leftOut: ReadonlyMap<string, string> } {
  const { plugins = {} } = data;
  const upstreams = new Map<string, UpstreamConfig>();
  const files: PluginFiles = { ...plugins };
  const leftOut = new Map<string, string>();
  const entries = SERVER_KEYS.flatMap((key) => Object.entries(data[key] ?? {}).map(([id, entry]) => ({ id, entry, path: [key, id] })));
  for (const { id, entry, path } of entries) {
    const server = entry as JsonObject;
    if (startsItself(server)) {
      const why = `${source.at(path, 'key')}: the server "${id}" starts plugmux itself and is left out.`;
      warnings.push(why);
      leftOut.set(id, why);
      continue;
    }
    const faults = unfilled.filter((one) => path.every((key, i) => one.path[i] === key)).map(({ text }) => text);
    upstreams.set(id, faults.length === 0 ? { path, server } : { path, server, fault: faults.join(' ') });
    const own = Object.hasOwn(plugins, id) ? plugins[id] : undefined;
    if (own?.path !== undefined) continue;
    const shared = Object.fromEntries(SHARED_KEYS.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])));
    files[id] = { ...shared, enabled: entry.enabled !== false && entry.disabled !== true, ...own };
  }
  return { upstreams, files, leftOut };
}

// By the program's name, by the package's name, or by a file of the package that runs here.
function startsItself({ command, args }: JsonObject): boolean {
  const words = [command, args].flat().filter((word): word is string => typeof word === 'string');
  const [program = ''] = words;
  if (isOwnName(program)) return true;
  if (words.some((word) => word.endsWith('main.js') && isOwnFile(word))) return true;
  // npx, bunx, pnpm dlx and the like: the first word that is no option names the package.
  const wrapped = words.slice(1).find((word) => !word.startsWith('-') && word !== 'dlx' && word !== 'exec' && word !== 'x');
  return (
    /^(npx|bunx|pnpm|yarn|npm|bun)(\.cmd)?$/.test(basename(program)) && wrapped !== undefined && isOwnName(wrapped.replace(/@[^@/]+$/, ''))
  );
}

function isOwnName(word: string): boolean {
  return /^plugmux(\.(js|cmd|exe))?$/.test(basename(word));
}

function isOwnFile(file: string): boolean {
  try {
    return realpathSync(file).startsWith(join(realpathSync(PACKAGE_ROOT), 'dist', sep));
  } catch {
    return false;
  }
}
