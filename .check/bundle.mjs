// Puts the programs that dist/ holds file by file into a few files below dist/bundle: a start is mostly the loading of
// modules, and takes half the time this way. The tests use both: what starts a process starts a bundle.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist/bundle';
/** Programs of the tests. They belong to no package. */
const TESTS = 'dist/test';

/** What is started or imported by its file name. All are bundled together, so that they share the classes of their errors. */
const PROGRAMS = [
  'src/main',
  'src/host/node/child',
  'src/host/node/resolve-hook',
  'src/host/node/empty',
  'adapters/talos/runtime',
  'adapters/ethos/runtime',
  'adapters/ethos/sdk/plugin-sdk',
  'adapters/ethos/sdk/testing',
  'adapters/ethos/sdk/tool-helpers',
  'adapters/ethos/sdk/types',
];

/** Packages that every start needs; the others are loaded from node_modules when their time comes. */
const INLINE = ['zod', 'commander', 'fastest-levenshtein', 'ipaddr.js', 'jsonc-parser'];

// Code moves, files do not: whoever asks for a neighbour gets the one that stands in its old place below dist/bundle.
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]dist[/\\](src|adapters)[/\\].*\.js$/ }, ({ path }) => {
      const place = join(OUT, relative('dist', path));
      const text = readFileSync(path, 'utf8');
      for (const [, file] of text.matchAll(/new URL\('(\.[^']*\.js)', import\.meta\.url\)/g)) wanted.push(join(dirname(place), file));
      const contents = text.replaceAll(/(new URL\([^()]*, )import\.meta\.url\)/g, `$1__place(${JSON.stringify(place)}))`);
      return { contents, loader: 'js' };
    });
  },
};
const wanted = [];
const banner = `import { createRequire as __createRequire } from 'node:module';
import { pathToFileURL as __url } from 'node:url';
const require = __createRequire(import.meta.url);
const __place = (file) => new URL(file, __url(require.resolve('#package'))).href;`;

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
  write: false,
};
const { outputFiles } = await build({
  ...options,
  entryPoints: PROGRAMS.map((program) => `dist/${program}.js`),
  outbase: 'dist',
  outdir: OUT,
});
// The command line with the tests' own format, which they start hundreds of times.
const tests = await build({
  ...options,
  entryPoints: ['test/fixtures/fixture-main.mjs'],
  outdir: TESTS,
  outExtension: { '.js': '.mjs' },
});

// Who passes on a copy passes on its licence.
const licences = INLINE.map((name) => {
  const dir = join('node_modules', name);
  return `${name}\n\n${readFileSync(
    join(
      dir,
      readdirSync(dir).find((file) => /^licen[cs]e/i.test(file)),
    ),
    'utf8',
  )}`;
});
// One character beyond ASCII, in a comment of somebody's even, would make the whole source take twice the memory.
const ascii = (text) => text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const files = new Map([...outputFiles, ...tests.outputFiles].map(({ path, text }) => [relative('.', path), ascii(text)]));
files.set(join(OUT, 'NOTICES.txt'), licences.join('\n\n'));
const missing = wanted.filter((file) => !files.has(file));
if (missing.length > 0) throw new Error(`${missing.join(', ')}: started by name, but not among the programs of .check/bundle.mjs.`);

// What is the same stays untouched: a gateway may be running from it.
for (const [file, text] of files) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
for (const item of [OUT, TESTS].flatMap((dir) => readdirSync(dir, { withFileTypes: true, recursive: true }))) {
  const file = join(item.parentPath, item.name);
  if (item.isFile() && /\.(m?js|txt)$/.test(item.name) && !files.has(file)) rmSync(file);
}
