import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Source } from '../../src/core/contract/adapter.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { type Declared, declaredIn, importsFormat, namedInList, withoutTwins } from './declarations.ts';

/** A plugin that a source's text shows; without `pick`, any plugin of the source. */
export interface Selected {
  /** The manifest's id, or the class name if the id is not a literal. */
  readonly pick?: string;
  /** The manifest's id, if it is a literal. */
  readonly id?: string;
  /** The class name in its text. */
  readonly className?: string;
}

/** The plugins that a source selects, and how the runtime imports them. */
export interface Selection {
  readonly plugins: readonly Selected[];
  /** Parameters of the runtime: `list` and `modules`. */
  readonly find: JsonObject;
}

const BUILTIN = ['app', 'plugins', 'builtin'];
const MAX_SIZE = 1024 * 1024;
const IMPORT = /^[ \t]*(?:from|import)\s.*$/gm;

/** Reads a source's plugins from text only; null if it is not of this format. */
export function recognise({ path, key, format, entry }: Source): Selection | null {
  const found = statSync(path).isDirectory() ? inFolder(path, key !== undefined) : inFile(path, format === 'scaiwave');
  if (!found) return null;
  const allow = entry.options.allow as string[] | undefined;
  const declared = withoutTwins(found.declared);
  if (!allow) return { plugins: declared.length > 0 ? declared.map(toSelected) : [{}], find: found.find };
  const plugins = allow.map((name) => {
    const declared = found.declared.find((d) => d.id === name || d.className === name);
    return declared ? toSelected(declared) : { pick: name, id: name };
  });
  return { plugins, find: found.find };
}

interface Held {
  readonly declared: readonly Declared[];
  readonly find: JsonObject;
}

function toSelected({ id, className }: Declared): Selected {
  return id === undefined ? { pick: className, className } : { pick: id, id, className };
}

// With an explicit "format", the text need not show it.
function inFile(path: string, isExplicit: boolean): Held | undefined {
  if (!path.endsWith('.py')) return undefined;
  return isExplicit || importsFormat(readText(path)) ? { declared: declaredFrom(path), find: { modules: [toModule(path)] } } : undefined;
}

function inFolder(path: string, named: boolean): Held | undefined {
  const builtin = builtinFolder(path);
  if (builtin !== undefined) return inBuiltin(builtin);
  const init = join(path, '__init__.py');
  if (existsSync(init) && importsFormat(readText(init))) return { declared: declaredFrom(init), find: { modules: [toModule(path)] } };
  // A folder of files is one project only if configured explicitly. A scanned folder must be a package.
  if (!named && !existsSync(init)) return undefined;
  const files = filesIn(path).filter((file) => importsFormat(readText(file)) || declaredFrom(file).length > 0);
  if (files.length === 0) return undefined;
  return { declared: files.flatMap(declaredFrom), find: { modules: files.map(toModule) } };
}

function inBuiltin(folder: string): Held {
  const files = filesIn(folder);
  const declared = files.flatMap(declaredFrom);
  const listed = namedInList(readText(join(folder, '__init__.py')));
  // Plugins in the list may be packages.
  const inside = packagesIn(folder).flatMap((inner) => filesIn(inner, true).flatMap(declaredFrom));
  const registered = listed.flatMap((name) => [...declared, ...inside].filter((d) => d.className === name));
  const root = join(folder, '..', '..', '..');
  return {
    // All declared plugins, if the text does not show the list's contents.
    declared: listed.length > 0 ? registered : declared,
    find: {
      modules: files.map(toModule),
      ...(listed.length > 0 ? { list: { root, bare: ['app', 'app.plugins'] } } : {}),
    },
  };
}

/** The folder of built-in plugins: the given one, or the one inside a checkout. */
function builtinFolder(path: string): string | undefined {
  const inside = join(path, ...BUILTIN);
  if (existsSync(inside)) return inside;
  return path.endsWith(sep + BUILTIN.join(sep)) ? path : undefined;
}

// Inside a checkout the module keeps its import name. Parent packages are not run.
function toModule(path: string): JsonObject {
  const stem = basename(path, '.py');
  const inTree = builtinFolder(dirname(path)) === dirname(path);
  if (inTree) {
    const root = join(dirname(path), '..', '..', '..');
    return { kind: 'module', file: path, root, module: [...BUILTIN, stem].join('.'), bare: ['app', 'app.plugins', 'app.plugins.builtin'] };
  }
  const folder = dirname(path);
  if (existsSync(join(folder, '__init__.py'))) {
    return { kind: 'module', file: path, root: dirname(folder), module: `${basename(folder)}.${stem}`, bare: [basename(folder)] };
  }
  return path.endsWith('.py')
    ? { kind: 'file', file: path, module: stem }
    : { kind: 'module', file: path, root: folder, module: stem, bare: [] };
}

function declaredFrom(file: string): Declared[] {
  return declaredIn(readText(file), [...textsBeside(file)]);
}

// Texts of files in the same folder that a file imports, recursively: they may define base classes.
function* textsBeside(file: string, seen = new Set([file])): Generator<string> {
  const names = (readText(file).match(IMPORT) ?? []).flatMap((line) => line.match(/\w+/g) ?? []);
  for (const name of names) {
    const other = join(dirname(file), `${name}.py`);
    if (seen.has(other) || !existsSync(other)) continue;
    seen.add(other);
    yield readText(other);
    yield* textsBeside(other, seen);
  }
}

function packagesIn(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, '__init__.py')));
}

function filesIn(folder: string, all = false): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.py') && (all || !name.startsWith('_')))
    .sort()
    .map((name) => join(folder, name));
}

function readText(file: string): string {
  try {
    return statSync(file).size > MAX_SIZE ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
