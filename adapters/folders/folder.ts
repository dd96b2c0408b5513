import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Problem } from '../../src/core/contract/plugin.ts';
import type { Values } from './servers/values.ts';

/** The folder of a plugin, as its manifests see it. */
export interface Folder {
  /** Its real path. */
  readonly root: string;
  /** The working folder of its servers, unless its format says otherwise; for the host of the format the project. */
  readonly project: string;
  readonly values: Values;
  /** The writable folder of the plugin; created on the first use. */
  dataDir(): string;
  /** The name in its first manifest, from which the data folder gets its own. */
  named(name: string): void;
  readonly report: (problem: Problem) => void;
}

/** Whether a path and what it links to lie in a folder with this real path. A path that does not exist is judged by its nearest parent. */
export function isInside(root: string, path: string): boolean {
  let at = resolve(path);
  if (at !== root && !at.startsWith(root + sep) && !isReal(root, at)) return false;
  while (!existsSync(at)) {
    // A link without a target leads where nobody can tell.
    if (isLink(at) || at === resolve(at, '..')) return false;
    at = resolve(at, '..');
  }
  return isReal(root, at);
}

function isReal(root: string, path: string): boolean {
  try {
    const real = realpathSync(path);
    return real === root || real.startsWith(root + sep);
  } catch {
    return false;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** A path relative to the plugin, for messages. */
export function shown({ root }: Pick<Folder, 'root'>, path: string): string {
  const inside = relative(root, path);
  return inside === '' ? '.' : inside.startsWith('..') ? path : inside;
}

/** The file of a plugin, if it exists. */
export function fileAt({ root }: Pick<Folder, 'root'>, ...path: readonly string[]): string | undefined {
  const file = join(root, ...path);
  return existsSync(file) ? file : undefined;
}
