import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { HclError } from './lexer.ts';
import { type Block, parseHcl } from './parser.ts';

const MAX_SIZE = 1024 * 1024;
const MAX_FILES = 500;

/** One file of a project. */
export interface HclFile {
  readonly path: string;
  /** The file's folder, the base of relative paths in it. */
  readonly folder: string;
  readonly blocks: readonly Block[];
}

/** The `.hcl` files of a project and its root folder. */
export interface HclProject {
  readonly root: string;
  readonly files: readonly HclFile[];
}

/** Lists the `.hcl` files at a path: the file itself, or all files below a folder. */
export function listHcl(path: string): string[] {
  if (statSync(path).isFile()) return path.endsWith('.hcl') ? [path] : [];
  const files: string[] = [];
  const walk = (dir: string): void => {
    for (const item of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (item.isDirectory() && item.name !== '.squadron' && item.name !== 'node_modules' && item.name !== '.git')
        walk(join(dir, item.name));
      else if (item.isFile() && item.name.endsWith('.hcl') && files.length < MAX_FILES) files.push(join(dir, item.name));
    }
  };
  walk(path);
  return files;
}

/** Reads a project. Throws MANIFEST_INVALID with file, line and column if a file is malformed. */
export function readProject(path: string): HclProject {
  const root = statSync(path).isFile() ? dirname(path) : path;
  return { root, files: listHcl(path).map((file) => readFile(file, root)) };
}

function readFile(path: string, root: string): HclFile {
  return at(path, root, () => {
    if (statSync(path).size > MAX_SIZE) throw new HclError('the file is larger than 1 MB', { line: 1, column: 1 });
    return { path, folder: dirname(path), blocks: parseHcl(readFileSync(path, 'utf8')) };
  });
}

/** Runs a function and converts an HclError to an error with file, line and column. */
export function at<T>(path: string, root: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof HclError)) throw error;
    const place = `${relative(root, path) || path}:${error.place.line}:${error.place.column}`;
    throw new GatewayError('MANIFEST_INVALID', `${place}: ${error.message}.`, { at: place, fix: 'Correct the file at this position.' });
  }
}
