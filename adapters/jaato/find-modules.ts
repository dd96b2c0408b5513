import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { JsonObject } from '../../src/core/json/json.ts';

/** A module of a plugin, as the runtime imports it. */
export interface PluginModule {
  /** The plugin's name if its source contains it, else the module's. */
  readonly name: string;
  /** The last part of the import name. */
  readonly stem: string;
  /** The file, or the folder of the package. */
  readonly path: string;
  /** How the runtime imports it. */
  readonly find: JsonObject;
}

const MAX_SIZE = 1024 * 1024;
const NOT_PLUGINS = new Set(['__init__.py', 'base.py', 'registry.py']);
const FACTORY = /^(?:def\s+create_plugin\b|create_plugin\s*[:=]|from\s+\S+\s+import\s+(?:\([^)]*|[^\n(]*)\bcreate_plugin\b)/m;
const NAME = [
  /def name\(self\)[^:]*:\s*(?:r?"""[\s\S]*?"""|r?'''[\s\S]*?''')?\s*return\s+(["'])([^"'\n]+)\1/,
  // A class attribute. Arguments of a call end with a comma or bracket and do not match.
  /^\s+name(?:\s*:\s*str)?\s*=\s*(["'])([^"'\n]+)\1\s*(?:#.*)?$/m,
];

/** Whether a file or package folder defines a plugin, by its source text. */
export function isPluginModule(path: string): boolean {
  return textsOf(path).some((text) => FACTORY.test(text));
}

/** Describes a plugin module by its file or package folder. Parent packages are imported as bare: only their folder is used. */
export function toModule(path: string, bareParents = true): PluginModule {
  const stem = basename(path, extname(path) === '.py' ? '.py' : '');
  const root = rootAbove(path);
  const name = nameOf(path) ?? stem;
  const packages = relative(root, dirname(path)).split(sep).filter(Boolean);
  if (packages.length === 0 && path.endsWith('.py')) return { name, stem, path, find: { kind: 'file', file: path, module: stem } };
  const bare = bareParents ? packages.map((_, i) => packages.slice(0, i + 1).join('.')) : [];
  return { name, stem, path, find: { kind: 'module', root, module: [...packages, stem].join('.'), bare } };
}

/** The folder with the plugins of a folder or checkout. */
export function pluginsFolder(path: string): string {
  const checkout = join(path, 'shared', 'plugins');
  return existsSync(checkout) ? checkout : path;
}

/** All plugins of a folder, sorted by module name. */
export function modulesIn(folder: string, bareParents = true): PluginModule[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('_') && !name.startsWith('.') && !NOT_PLUGINS.has(name))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => isPluginModule(path))
    .map((path) => toModule(path, bareParents));
}

/** Whether a folder is itself a package. */
export function isPackage(path: string): boolean {
  return existsSync(join(path, '__init__.py'));
}

// The import root: the folder above `shared/plugins`, else above the outermost package.
function rootAbove(path: string): string {
  const parts = path.split(sep);
  const at = parts.findIndex((part, i) => part === 'shared' && parts[i + 1] === 'plugins' && i + 2 < parts.length);
  if (at > 0) return parts.slice(0, at).join(sep);
  let folder = dirname(path);
  while (isPackage(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

// Other classes in the file may have names, too. The plugin's class is the one with `get_executors`.
function nameOf(path: string): string | undefined {
  const texts = textsOf(path);
  const plugins = texts.flatMap((text) => text.split(/^(?=class\b)/m).filter((part) => /^\s+def get_executors\b/m.test(part)));
  for (const text of plugins.length > 0 ? plugins : texts) {
    for (const pattern of NAME) {
      const found = pattern.exec(text)?.[2];
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function textsOf(path: string): string[] {
  const files = path.endsWith('.py') ? [path] : [join(path, '__init__.py'), join(path, 'plugin.py')];
  return files.flatMap((file) => {
    try {
      const { size } = statSync(file);
      return size > MAX_SIZE ? [] : [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
}
