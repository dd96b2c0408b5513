// Bundles the programs of dist/ into a few files below dist/bundle, which halves the start time: a start mostly loads
// modules. Tests that start a process use the bundle, others the single files.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';
import { bundlePage, PAGE_PACKAGES } from './page.mjs';
import { shorten } from './shorten.mjs';

const OUT = 'dist/bundle';
/** Programs of the tests, which are not published. */
const TESTS = 'dist/test';

/** Modules that are started or imported by file name. Bundled together, so that they share error classes. */
const PROGRAMS = [
  'src/main',
  'src/host/node/child',
  'src/host/node/resolve-hook',
  'src/host/node/empty',
  'adapters/mcpb/archive/child',
  'adapters/talos/runtime',
  'adapters/ethos/runtime',
  'adapters/ethos/sdk/plugin-sdk',
  'adapters/ethos/sdk/testing',
  'adapters/ethos/sdk/tool-helpers',
  'adapters/ethos/sdk/types',
];

/** Packages that every start needs; others are loaded from node_modules on demand. */
const INLINE = ['zod', 'commander', 'fastest-levenshtein', 'ipaddr.js', 'jsonc-parser'];

// Bundling moves code to other files, so URLs relative to a module are rewritten to its original place below dist/bundle.
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]dist[/\\](src|adapters)[/\\].*\.js$/ }, ({ path }) => {
      const place = join(OUT, relative('dist', path));
      const text = path === PACKAGE ? ABOUT : readFileSync(path, 'utf8') + (onDemand.has(path) ? HUB : '');
      for (const [, file] of text.matchAll(/new URL\('(\.[^']*\.js)', import\.meta\.url\)/g)) wanted.push(join(dirname(place), file));
      const contents = text.replaceAll(/(new URL\([^()]*, )import\.meta\.url\)/g, `$1__place(${JSON.stringify(place)}))`);
      return { contents, loader: 'js' };
    });
  },
};
const wanted = [];

// What this module finds out at every start is known here.
const PACKAGE = resolve('dist/src/core/package.js');
const ABOUT = `import { fileURLToPath } from 'node:url';
export const VERSION = ${JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version)};
export const PACKAGE_ROOT = fileURLToPath(__place('.')).replace(/[\\\\/]$/, '');`;

// Modules that the main program loads on demand import the part that every start loads. It is there already, but without
// this esbuild would split it by who else imports which piece, and each file takes time to load.
const HUB = ['dist/adapters/index.js', 'dist/src/cli/program.js'].map((file) => `\nimport ${JSON.stringify(resolve(file))};`).join('');
const onDemand = new Set(
  readdirSync('dist', { recursive: true })
    .filter((file) => /^(src|adapters)[/\\].*\.js$/.test(file))
    .flatMap((file) => {
      const path = resolve('dist', file);
      return [...readFileSync(path, 'utf8').matchAll(/\bimport\(["'](\.[^"']*)["']\)/g)].map(([, target]) =>
        resolve(dirname(path), target),
      );
    }),
);
// It runs without that part.
onDemand.delete(resolve('dist/src/cli/window/entry.js'));
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __place = (file) => new URL(file, new URL('__ROOT__', import.meta.url)).href;`;

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const options = {
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: Object.keys(dependencies)
    .filter((name) => !INLINE.includes(name))
    .flatMap((name) => [name, `${name}/*`]),
  banner: { js: banner },
  plugins: [places],
  minifySyntax: true,
  write: false,
};
const { outputFiles } = await build({
  ...options,
  entryPoints: PROGRAMS.map((program) => `dist/${program}.js`),
  outbase: 'dist',
  outdir: OUT,
});
// The CLI with the format of the tests, which they start hundreds of times.
const tests = await build({
  ...options,
  entryPoints: ['test/fixtures/fixture-main.mjs'],
  outdir: TESTS,
  outExtension: { '.js': '.mjs' },
});

// The licences of bundled packages must be distributed with them.
const licences = [...INLINE, ...PAGE_PACKAGES].map((name) => {
  const dir = join('node_modules', name);
  return `${name}\n\n${readFileSync(
    join(
      dir,
      readdirSync(dir).find((file) => /^licen[cs]e/i.test(file)),
    ),
    'utf8',
  )}`;
});
const files = new Map();
for (const { path, text } of [...outputFiles, ...tests.outputFiles]) {
  const root = `${relative(dirname(path), '.').split(sep).join('/')}/`;
  files.set(relative('.', path), await shorten(text.replaceAll('__ROOT__', root)));
}
files.set(join(OUT, 'NOTICES.txt'), licences.join('\n\n'));
for (const [file, bytes] of await bundlePage(join(OUT, 'page'))) files.set(file, bytes);
const missing = wanted.filter((file) => !files.has(file));
if (missing.length > 0) throw new Error(`${missing.join(', ')}: started by file name, but missing in PROGRAMS of .check/bundle.mjs.`);

// Unchanged files are not rewritten, since a running gateway may use them.
for (const [file, text] of files) {
  if (existsSync(file) && readFileSync(file).equals(Buffer.from(text))) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
for (const item of [OUT, TESTS].flatMap((dir) => readdirSync(dir, { withFileTypes: true, recursive: true }))) {
  const file = join(item.parentPath, item.name);
  if (item.isFile() && /\.(m?js|txt|css|html|json|br|gz)$/.test(item.name) && !files.has(file)) rmSync(file);
}
