// Python sources are part of the product: they go to dist as they are, beside the compiled files and the bundles.
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
    // What was renamed or removed must not live on.
    for (const item of list(join(target, root))) {
      const file = join(item.parentPath, item.name);
      if (!existsSync(relative(target, file))) rmSync(file);
    }
  }
}
