import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainNative } from '../../../src/host/node/native-errors.ts';
import { tempFolder } from '../../support/temp.ts';

const REQUEST = { entry: '/p/index.ts', standIns: {}, moduleRoots: [], cacheDir: '/cache' };
const NPM = 'npm rebuild --ignore-scripts=false --prefix /home/p';
const BY_LOADER = `\n    at bindings (/home/p/node_modules/bindings/bindings.js:126:9)\n    at new Db (/home/p/node_modules/@scope/db/lib.js:4:1)`;

/** An error like those of Node and of addon loaders. */
const thrown = (message: string, code?: string, stack = ''): Error =>
  Object.assign(new Error(message), { code, stack: `Error: ${message}${stack}` });
const explain = (error: unknown) => explainNative(error, REQUEST);

describe('explainNative', () => {
  it.each([
    [
      "The module '/home/p/node_modules/db/build/db.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 108. This version of Node.js requires\nNODE_MODULE_VERSION 115. Please try re-compiling or re-installing\nthe module (for instance, using `npm rebuild` or `npm install`).",
    ],
    ["Module did not self-register: '/home/p/node_modules/db/build/db.node'."],
    ['/home/p/node_modules/db/build/db.node: cannot open shared object file: No such file or directory'],
    ['/home/p/node_modules/db/build/db.node: file too short'],
    ['/home/p/node_modules/db/build/db.node: invalid ELF header'],
    [
      "dlopen(/home/p/node_modules/db/build/db.node, 0x0001): tried: '/home/p/node_modules/db/build/db.node' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))",
    ],
  ])('names the package and its project: %s', (message) => {
    const error = explain(thrown(message, 'ERR_DLOPEN_FAILED'));
    expect(error?.code).toBe('DEPENDENCY_MISSING');
    expect(error?.message).toMatch(/^The native addon of db was not built for this machine: .*[^.]\.$/);
    expect(error?.fix).toBe(`${NPM} db (this runs the package's own build scripts)`);
  });

  it('names the version of Node it was built for, on one line', () => {
    const text =
      "The module '/home/p/node_modules/db/db.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 108. This version of Node.js requires\nNODE_MODULE_VERSION 115. Please try re-compiling.";
    expect(explain(thrown(text))?.message).toContain(
      'using NODE_MODULE_VERSION 108. This version of Node.js requires NODE_MODULE_VERSION 115.',
    );
  });

  it('takes the package from the stack if the message has none, and never the loader package', () => {
    expect(explain(thrown('No native build was found for platform=linux', undefined, BY_LOADER))?.fix).toContain(`${NPM} @scope/db (`);
  });

  it('recognises the layout of pnpm', () => {
    const text = 'No native build was found for x\n    loaded from: /home/p/node_modules/.pnpm/db@1.0.0/node_modules/db\n';
    expect(explain(thrown(text))?.fix).toBe("npx pnpm --dir /home/p rebuild db (this runs the package's own build scripts)");
  });

  it('names a missing library of the operating system', () => {
    const error = explain(thrown('libvips.so.42: cannot open shared object file: No such file or directory', 'ERR_DLOPEN_FAILED'));
    expect(error?.message).toContain('libvips.so.42');
    expect(error?.fix).toBe('Install the package of the operating system that contains libvips.so.42.');
  });

  it('recognises the error of Node for a file that is not an addon', () => {
    const file = join(tempFolder(), 'node_modules/db/part.node');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, 'not an addon');
    let error: unknown;
    try {
      createRequire(import.meta.url)(file);
    } catch (thrown) {
      error = thrown;
    }
    expect(explain(error)?.message).toContain('The native addon of db was not built for this machine');
  });

  it('ignores other errors', () => {
    expect(explain(new Error('The file /home/p/node_modules/db/notes.txt is missing.'))).toBeUndefined();
    expect(explain('text')).toBeUndefined();
  });
});
