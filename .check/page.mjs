// Bundles the console's page for browsers: hashed names, one file for the first screen, one for the others, the chart library
// on demand, and each file beside it as brotli and gzip, so that nothing is compressed at run time.
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const PAGE = 'src/console/page';
/** Packages that are part of the page. Their licences must be distributed with it. */
export const PAGE_PACKAGES = ['preact', '@preact/signals', '@preact/signals-core', 'uplot'];

const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', html: 'text/html; charset=utf-8' };

// The later screens import the main file, which is there already. Without this esbuild would part what both use from it, and
// the first visit would take one request more.
const later = resolve(PAGE, 'screens/more.tsx');
const hub = {
  name: 'hub',
  setup({ onLoad }) {
    onLoad({ filter: /more\.tsx$/ }, ({ path }) =>
      path === later ? { contents: `import '../main.tsx';\n${readFileSync(path, 'utf8')}`, loader: 'tsx' } : undefined,
    );
  },
};

function shell(script, style) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>plugmux</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="console/${style}">
<script type="module" src="console/${script}"></script>
</head>
<body><noscript>The console of plugmux needs JavaScript.</noscript></body>
</html>
`;
}

/** Files of the page below `out`, by path: the shell, its assets, their compressed forms and the manifest. */
export async function bundlePage(out) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(PAGE, 'main.tsx'), join(PAGE, 'page.css')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    charset: 'ascii',
    plugins: [hub],
    metafile: true,
    outdir: out,
    write: false,
  });
  const entry = (source) => Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === join(PAGE, source));
  const name = (file) => relative(out, file);
  const parts = new Map(outputFiles.map(({ path, contents }) => [name(path), Buffer.from(contents)]));
  // The entry only imports the file that the later screens import too.
  const [stub, { imports }] = entry('main.tsx');
  const [main, ...others] = imports.filter(({ kind }) => kind === 'import-statement');
  if (!main || others.length > 0) throw new Error(`${stub} imports ${imports.length} files: the first visit would take more requests.`);
  parts.delete(name(stub));
  parts.set('index.html', Buffer.from(shell(name(main.path), name(entry('page.css')[0]))));

  const files = new Map();
  const manifest = { shell: 'index.html', files: {} };
  for (const [part, bytes] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const br = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    const gzip = gzipSync(bytes, { level: 9 });
    // The time in the head of gzip would change the file with each build.
    gzip.fill(0, 4, 8);
    manifest.files[part] = { type: TYPES[part.split('.').at(-1)], bytes: bytes.length, br: br.length, gzip: gzip.length };
    files
      .set(join(out, part), bytes)
      .set(join(out, `${part}.br`), br)
      .set(join(out, `${part}.gz`), gzip);
  }
  files.set(join(out, 'manifest.json'), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  return files;
}
