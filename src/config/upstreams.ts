import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { JsonObject } from '../core/json/json.ts';
import { PACKAGE_ROOT } from '../core/package.ts';
import type { UpstreamConfig } from './config.ts';
import { type ConfigFile, SHARED_KEYS } from './schema.ts';
import { SERVER_KEYS } from './server-keys.ts';
import type { SourceText } from './source-text.ts';

/** A reference that could not be filled in, with a message. */
export interface Unfilled {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

type PluginFiles = NonNullable<ConfigFile['plugins']>;

/**
 * The upstream servers of a configuration, and the plugin entries including one for each server. An entry of `plugins` with the
 * id of a server and without a path overrides keys of the server's entry.
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
      const why = `${source.at(path, 'key')}: the server "${id}" starts plugmux itself and is skipped.`;
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

// Recognized by the program's name, the package's name, or a file of the running package.
function startsItself({ command, args }: JsonObject): boolean {
  const argv = [command, args].flat().filter((arg): arg is string => typeof arg === 'string');
  const [program = ''] = argv;
  if (isOwnName(program)) return true;
  if (argv.some((arg) => arg.endsWith('main.js') && isOwnFile(arg))) return true;
  // npx, bunx or pnpm dlx: the first argument that is not an option names the package.
  const wrapped = argv.slice(1).find((arg) => !arg.startsWith('-') && arg !== 'dlx' && arg !== 'exec' && arg !== 'x');
  return (
    /^(npx|bunx|pnpm|yarn|npm|bun)(\.cmd)?$/.test(basename(program)) && wrapped !== undefined && isOwnName(wrapped.replace(/@[^@/]+$/, ''))
  );
}

function isOwnName(program: string): boolean {
  return /^plugmux(\.(js|cmd|exe))?$/.test(basename(program));
}

function isOwnFile(file: string): boolean {
  try {
    return realpathSync(file).startsWith(join(realpathSync(PACKAGE_ROOT), 'dist', sep));
  } catch {
    return false;
  }
}
