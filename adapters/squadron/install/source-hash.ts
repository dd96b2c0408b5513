import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDERS = new Set([
  '.git',
  '__pycache__',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  'node_modules',
  'venv',
  '.venv',
  'dist',
  'build',
  '.tox',
  '.idea',
  '.vscode',
]);
const FILES = /\.py[co]$|^\.DS_Store$/;

/** Whether a file or folder is not part of the build. */
export function isIgnored(name: string, folder: boolean): boolean {
  return folder ? FOLDERS.has(name) || name.endsWith('.egg-info') : FILES.test(name);
}

/** Digest of a source tree, as Squadron writes it to runner.json. An equal digest means that no build is needed. */
export async function hashSource(root: string): Promise<string> {
  const hash = createHash('sha256');
  const walk = async (dir: string, prefix: string): Promise<void> => {
    const entries = await readdir(dir, { withFileTypes: true });
    // Sorted by the bytes of their names, folders among files.
    entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    for (const entry of entries) {
      if (isIgnored(entry.name, entry.isDirectory())) continue;
      if (entry.isDirectory()) await walk(join(dir, entry.name), `${prefix}${entry.name}/`);
      else if (entry.isFile()) {
        hash.update(`${prefix}${entry.name}\0`);
        for await (const chunk of createReadStream(join(dir, entry.name))) hash.update(chunk as Buffer);
        hash.update('\0');
      }
    }
  };
  await walk(root, '');
  return hash.digest('hex');
}
