import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FILES = 2_000;
const SKIPPED = new Set(['node_modules', '__pycache__']);

/**
 * A hash that changes with any file of the given folders and files. Uses sizes and modification times, since reading every
 * file at each start would be slow.
 */
export function folderDigest(...paths: readonly string[]): string {
  const hash = createHash('sha256');
  let left = MAX_FILES;
  const note = (path: string): void => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  const walk = (dir: string): void => {
    for (const item of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (item.name.startsWith('.') || SKIPPED.has(item.name) || left-- <= 0) continue;
      const path = join(dir, item.name);
      if (item.isDirectory()) walk(path);
      else if (item.isFile()) note(path);
    }
  };
  for (const path of paths) {
    if (statSync(path).isDirectory()) walk(path);
    else note(path);
  }
  return hash.digest('hex');
}
