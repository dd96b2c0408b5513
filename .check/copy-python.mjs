// Copies the Python sources to dist, next to the compiled files and the bundles.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOTS = ['src', 'adapters'];
const isPython = ({ name }) => name.endsWith('.py');
const list = (root) => readdirSync(root, { withFileTypes: true, recursive: true }).filter((item) => item.isFile() && isPython(item));

for (const target of ['dist', 'dist/bundle']) {
  for (const root of ROOTS) {
    for (const item of list(root)) {
      const file = join(item.parentPath, item.name);
      cpSync(file, join(target, file));
    }
    // Deletes copies of renamed and removed files.
    for (const item of list(join(target, root))) {
      const file = join(item.parentPath, item.name);
      if (!existsSync(relative(target, file))) rmSync(file);
    }
  }
}
