import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { findEntry } from './entry-file.ts';
import { type EthosPackage, isMarked, readPackage, toPackage } from './package-file.ts';
import { type ScanResult, scanSources } from './source-scan.ts';

/** A plugin found without running its code. */
export interface Recognised {
  /** The plugin's folder. */
  readonly folder: string;
  /** Absent for a package with skills but no code. */
  readonly entry?: string;
  /** The id that the plugin's code gets. */
  readonly pluginId: string;
  readonly folderName: string;
  readonly package: EthosPackage;
  readonly scan: ScanResult;
  /** Changes with any source file and the package.json. */
  readonly digest: string;
}

const OURS = /@ethosagent\/|\bactivate\b/;

/**
 * Reads a source as Ethos plugins; null if it is none. A scanned folder needs `ethos.type` in its package.json. An entry of
 * mcp.json does not, if it names this format or its entry file looks like an Ethos plugin.
 */
export function recogniseSource(source: Source): readonly Recognised[] | null {
  const { path, key } = source;
  const { ignoreContract, package: name } = source.entry.options;
  const ignore = ignoreContract === true;
  if (key !== undefined && typeof name === 'string') return [fromPackage(name, source.root, ignore)];
  // A broken symbolic link is not a plugin.
  if (!existsSync(path)) return null;
  if (!statSync(path).isDirectory()) return key === undefined ? null : fromFile(source, ignore);
  if (key === undefined && isScope(source)) {
    const inside = readdirSync(path).map((name) => join(path, name));
    const found = inside.flatMap((folder) => fromFolder(folder, true, false, ignore) ?? []);
    return found.length > 0 ? found : null;
  }
  const found = fromFolder(path, isInstalled(path), key !== undefined ? (source.format ?? 'guess') : false, ignore);
  return found ? [found] : null;
}

// Resolves the package as Node does, from the folder of mcp.json. Never installs it.
function fromPackage(name: string, root: string, ignoreContract: boolean): Recognised {
  if (!/^(?:@[\w.-]+\/)?[\w-][\w.-]*$/.test(name)) {
    throw new GatewayError('CONFIG_INVALID', `"package" must be the name of an npm package, not ${JSON.stringify(name)}.`, {
      fix: 'Use "path" for a folder or file.',
    });
  }
  for (let dir = root; ; dir = dirname(dir)) {
    const folder = join(dir, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) {
      const found = fromFolder(folder, true, 'ethos', ignoreContract);
      if (found) return found;
    }
    if (dirname(dir) === dir) break;
  }
  throw new GatewayError('ENTRY_NOT_FOUND', `The package ${name} is not installed in ${root} or above it.`, {
    fix: `npm install --ignore-scripts --prefix ${root} ${name}`,
  });
}

// A folder "@scope" inside a scanned node_modules.
function isScope({ path, folder }: Source): boolean {
  return folder !== undefined && basename(folder) === 'node_modules' && basename(path).startsWith('@');
}

function isInstalled(path: string): boolean {
  const parent = dirname(path);
  return basename(parent) === 'node_modules' || (basename(parent).startsWith('@') && basename(dirname(parent)) === 'node_modules');
}

function fromFolder(folder: string, installed: boolean, asked: string | false, ignoreContract: boolean): Recognised | null {
  const raw = readPackageLeniently(folder, asked !== false);
  if (!isMarked(raw) && asked === false) return null;
  const pkg = toPackage(raw, folder, ignoreContract);
  const entry = findEntry(folder, pkg, installed);
  if (asked === 'guess' && !pkg.marked && !(entry !== undefined && OURS.test(readFileSync(entry, 'utf8')) && !isOthers(folder)))
    return null;
  if (entry === undefined && pkg.skillsDir === undefined) {
    throw new GatewayError('ENTRY_NOT_FOUND', `${folder} has no entry file (index.ts, index.js, src/index.ts, src/index.js or "main").`, {
      fix: installed ? 'Install the package again, or build it.' : 'Add index.ts, or correct "main" in package.json.',
    });
  }
  return recognise(folder, entry, pkg, installed);
}

function fromFile({ path, format }: Source, ignoreContract: boolean): readonly Recognised[] | null {
  if (!/\.[mc]?[jt]s$/.test(path)) return null;
  if (format === undefined && !OURS.test(readFileSync(path, 'utf8'))) return null;
  const folder = dirname(path);
  const raw = readPackageLeniently(folder, false);
  return [recognise(folder, path, toPackage(isMarked(raw) ? raw : null, folder, ignoreContract), false)];
}

function recognise(folder: string, entry: string | undefined, pkg: EthosPackage, installed: boolean): Recognised {
  const folderName = basename(folder);
  const scan = scanSources(folder, pkg);
  const hash = createHash('sha256').update(scan.digest);
  hash.update(existsSync(join(folder, 'package.json')) ? readFileSync(join(folder, 'package.json')) : '');
  return {
    folder,
    ...(entry === undefined ? {} : { entry }),
    pluginId: pkg.id ?? (installed ? (pkg.name ?? folderName).replace(/^@[^/]*\//, '') : folderName),
    folderName,
    package: pkg,
    scan,
    digest: hash.digest('hex'),
  };
}

// An unreadable package.json is an error only if the folder was named explicitly or the file mentions "ethos".
function readPackageLeniently(folder: string, named: boolean): ReturnType<typeof readPackage> {
  try {
    return readPackage(folder);
  } catch (error) {
    if (named || readFileSync(join(folder, 'package.json'), 'utf8').includes('"ethos"')) throw error;
    return null;
  }
}

// A folder of another format, which its own adapter claims.
function isOthers(folder: string): boolean {
  return existsSync(join(folder, 'manifest.json'));
}
