import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { type Folder, isInside, shown } from '../folder.ts';
import type { TextFile } from '../format.ts';
import type { JsonFile } from '../read/json-file.ts';
import { isTextList } from './texts.ts';

const MAX_FILES = 500;
const MAX_DEPTH = 6;

/** The paths that a key of a manifest names: one or a list. Those that leave the plugin or do not exist are reported. */
export function pathsOf({ value, at }: JsonFile, key: string, folder: Folder): string[] {
  const named = value[key];
  if (named === undefined) return [];
  const list = typeof named === 'string' ? [named] : named;
  if (!isTextList(list)) {
    folder.report({ subject: key, message: `${at([key])}: "${key}" must be a path or a list of paths.` });
    return [];
  }
  return list.flatMap((path, i) => {
    const absolute = resolve(folder.root, path.replace(/\/?\*.*$/, ''));
    const why = !isInside(folder.root, absolute) ? 'leads out of the plugin' : existsSync(absolute) ? undefined : 'does not exist';
    if (why === undefined) return [absolute];
    folder.report({
      code: 'MANIFEST_INVALID',
      subject: key,
      message: `${at(typeof named === 'string' ? [key] : [key, i])}: ${path} ${why}.`,
    });
    return [];
  });
}

/** Files of Markdown that become prompts: those that a key names, else those of the usual folder. */
export function textFilesOf(
  kind: TextFile['kind'],
  manifest: JsonFile,
  key: string,
  usual: string,
  folder: Folder,
  ending = '.md',
): TextFile[] {
  const roots = manifest.value[key] === undefined ? (existsSync(usual) ? [usual] : []) : pathsOf(manifest, key, folder);
  return roots.flatMap((root) => listFiles(root, folder, ending)).map(({ path, name }) => ({ kind, name, file: path }));
}

/** The files below a path, or the file itself, in order. `name`: the path below it without its ending, with `/`. */
export function listFiles(root: string, folder: Folder, ending: string): { readonly path: string; readonly name: string }[] {
  const found: { path: string; name: string }[] = [];
  const nameOf = (path: string): string => relative(root, path).split(sep).join('/').slice(0, -ending.length);
  const walk = (path: string, depth: number): void => {
    if (found.length >= MAX_FILES) return;
    if (!isInside(folder.root, path)) {
      folder.report({ subject: shown(folder, path), message: `${shown(folder, path)} leads out of the plugin and is left out.` });
      return;
    }
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() && depth < MAX_DEPTH) {
      for (const name of readdirSync(path).sort()) if (!name.startsWith('.') && name !== 'node_modules') walk(join(path, name), depth + 1);
    } else if (stat?.isFile() && path.endsWith(ending)) found.push({ path, name: path === root ? basename(path, ending) : nameOf(path) });
  };
  walk(root, 0);
  if (found.length >= MAX_FILES)
    folder.report({
      subject: shown(folder, root),
      message: `${shown(folder, root)} has more than ${MAX_FILES} files; the rest are left out.`,
    });
  return found;
}
