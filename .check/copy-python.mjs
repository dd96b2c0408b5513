// Python sources are part of the product: they go to dist as they are, beside the compiled files.
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOTS = ['src', 'adapters'];
const isPython = ({ name }) => name.endsWith('.py');
const list = (root) => readdirSync(root, { withFileTypes: true, recursive: true }).filter((item) => item.isFile() && isPython(item));

for (const root of ROOTS) {
  for (const item of list(root)) {
    const file = join(item.parentPath, item.name);
    cpSync(file, join('dist', file));
  }
  // What was renamed or removed must not live on in dist.
  for (const item of list(join('dist', root))) {
    const file = join(item.parentPath, item.name);
    const source = file.slice('dist/'.length);
    if (!list(dirname(source)).some(({ name }) => name === item.name)) rmSync(file);
  }
}
