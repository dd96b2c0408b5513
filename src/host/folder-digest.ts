import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FILES = 2_000;
const PASSED_OVER = new Set(['node_modules', '__pycache__']);

/**
 * Changes with any file of the folders and files given. Sizes and times tell whether anything was saved; reading every
 * file at each start would cost more than it tells.
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
      if (item.name.startsWith('.') || PASSED_OVER.has(item.name) || left-- <= 0) continue;
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
