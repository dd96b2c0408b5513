import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isIgnored } from './install/source-hash.ts';

const GO_SDK = /^\s*(?:require\s+)?github\.com\/mlund01\/(?:squadron-sdk|squad-sdk)\s+v/m;
// As a list item or a key, in any spelling of the package name.
const PYTHON_SDK = /(?:["']|^)\s*squad(?:ron)?[-_.]+sdk\b/im;
const MAX_FILES = 5_000;

/** Whether a folder is a plugin's source: its go.mod or pyproject.toml names the SDK. */
export function isPluginSource(folder: string): boolean {
  return GO_SDK.test(readText(join(folder, 'go.mod'))) || PYTHON_SDK.test(readText(join(folder, 'pyproject.toml')));
}

/** Whether a path is an `.hcl` file or a folder with one. */
export function holdsHcl(path: string): boolean {
  if (path.endsWith('.hcl')) return true;
  try {
    return readdirSync(path, { recursive: true }).some((name) => String(name).endsWith('.hcl'));
  } catch {
    return false;
  }
}

/** The plugin name derived from a folder. */
export function nameOfFolder(folder: string): string {
  return basename(folder).replaceAll('-', '_');
}

/** A digest that changes with any build-relevant file of a source tree. */
export function digestOf(folder: string): string {
  const hash = createHash('sha256');
  let left = MAX_FILES;
  const walk = (dir: string): void => {
    for (const item of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isIgnored(item.name, item.isDirectory()) || left-- <= 0) continue;
      const path = join(dir, item.name);
      if (item.isDirectory()) walk(path);
      else if (item.isFile()) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  walk(folder);
  return hash.digest('hex');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
