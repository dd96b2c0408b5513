import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import type { EthosPackage } from './package-file.ts';

const FOLDER_ENTRIES = ['index.ts', 'index.js', 'src/index.ts', 'src/index.js'];
const CONDITIONS = ['import', 'node', 'default', 'require'];

/** The entry file of a plugin folder or an installed package; undefined if there is no code. */
export function findEntry(folder: string, pkg: EthosPackage, installed: boolean): string | undefined {
  const fromPackage = [pkg.main, exported(pkg.exports)].filter((name) => name !== undefined);
  const names = installed ? [...fromPackage, 'index.js'] : [...FOLDER_ENTRIES, ...fromPackage];
  for (const name of names) {
    const file = resolve(folder, name);
    const found = [file, `${file}.js`, join(file, 'index.js')].find(isFile);
    if (found === undefined) continue;
    if (!isInside(found, folder)) {
      throw new GatewayError('MANIFEST_INVALID', `${folder}: the entry "${name}" is outside the plugin's folder.`);
    }
    return found;
  }
  return undefined;
}

/** Whether a path is inside a folder, after resolving symbolic links. */
export function isInside(path: string, folder: string): boolean {
  const inside = relative(realPath(folder), realPath(path));
  return inside !== '..' && !inside.startsWith(`..${sep}`) && resolve(inside) !== inside;
}

// "exports" may be a string, a map of subpaths, or nested conditions.
function exported(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(exported).find((name) => name !== undefined);
  if (!isJsonObject(value)) return undefined;
  if ('.' in value) return exported(value['.']);
  for (const condition of CONDITIONS) {
    const found = condition in value ? exported(value[condition]) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
