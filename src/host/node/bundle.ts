import { readFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, extname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Loader, Message, Metafile, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { GatewayError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { installCommand } from './install-command.ts';
import type { LoadRequest } from './load-request.ts';

/** A bundled entry: code, source map, input files, and the package files it imports. */
export interface Bundle {
  readonly code: string;
  readonly map: string;
  readonly inputs: readonly string[];
  readonly externals: readonly string[];
  /** Whether packages that are imported on demand were missing; they may be installed later. */
  readonly lacks: boolean;
}

const MISSING = 'plugmux-missing:';
const ABSENT = 'plugmux-absent';
const EMPTY = 'plugmux-empty';
const STAND_IN = 'plugmux-stand-in';
const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
};
const SOURCE = /\.[mc]?[jt]sx?$/;
const RESOLVING = Symbol('resolving');

/** Bundles an entry and its own files; packages stay external, as absolute URLs. Throws if a package is missing. */
export async function bundle(request: LoadRequest, log: Logger): Promise<Bundle> {
  // An import of this large CommonJS module would first parse it for its exports, which doubles the time it takes.
  const esbuild = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const folder = dirname(request.entry);
  const prefixes = new Map<string, number>();
  // The loader prepends code to the first line, which must not shift the author's columns.
  const place = ({ text, location }: Message): string => {
    if (!location) return text;
    const { file, line, column } = location;
    const before = line === 1 ? (prefixes.get(resolve(folder, file)) ?? 0) : 0;
    return `${file}:${line}:${column + 1 - before}: ${text}`;
  };
  try {
    const result = await esbuild.build({
      entryPoints: [request.entry],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Without this, esbuild would pick the "module" condition, which Node does not know.
      conditions: [],
      sourcemap: 'external',
      sourcesContent: false,
      // The bundle is stored elsewhere, and stack traces should name the plugin's own files.
      sourceRoot: `${pathToFileURL(folder).href}/`,
      outfile: 'entry.mjs',
      logLevel: 'silent',
      absWorkingDir: folder,
      define: {
        'import.meta.url': '__plugmux_url',
        'import.meta.dirname': '__plugmux_dir',
        'import.meta.filename': '__plugmux_file',
        __dirname: '__plugmux_dir',
        __filename: '__plugmux_file',
      },
      banner: {
        js: `import{createRequire as __plugmux_require}from'node:module';const require=__plugmux_require(${JSON.stringify(urlOf(request.entry, request))});`,
      },
      loader: { '.txt': 'text', '.md': 'text' },
      plugins: [toPlugin(request, prefixes)],
    });
    for (const warning of result.warnings) log.debug(`bundling: ${place(warning)}`);
    const { inputs, outputs } = result.metafile;
    const imports = Object.values(outputs).flatMap((o) => o.imports.filter((i) => i.external));
    refuseMissing(inputs, request);
    const [map, code] = result.outputFiles.toSorted((a) => (a.path.endsWith('.map') ? -1 : 1)).map((f) => f.text);
    return {
      code: code ?? '',
      map: map ?? '',
      inputs: Object.keys(inputs).filter((path) => ![EMPTY, STAND_IN, ABSENT].some((own) => path.startsWith(own))),
      lacks: Object.keys(inputs).some((path) => path.startsWith(ABSENT)),
      externals: imports.map((i) => i.path).filter((path) => path.startsWith('file:')),
    };
  } catch (error) {
    const [first] = (error as { errors?: Message[] }).errors ?? [];
    if (!first) throw error;
    throw new GatewayError('PLUGIN_FAILED', `The plugin's source cannot be built: ${place(first)}`, {
      fix: 'Correct the source at the named line.',
    });
  } finally {
    // The compiler is a child process, which must not outlive the build.
    await esbuild.stop();
  }
}

function urlOf(file: string, { location }: LoadRequest): string {
  if (!location) return pathToFileURL(file).href;
  const inside = relative(location.from, file);
  return pathToFileURL(inside.startsWith('..') ? file : `${location.to}/${inside}`).href;
}

function refuseMissing(inputs: Metafile['inputs'], request: LoadRequest): void {
  const root = dirname(request.entry);
  const missing = Object.entries(inputs).flatMap(([importer, { imports }]) =>
    imports
      .filter(({ path, kind }) => path.startsWith(MISSING) && kind === 'import-statement')
      .map(({ path }) => ({ name: packageOf(path.slice(MISSING.length)), importer: resolve(root, importer) })),
  );
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ name }) => name))].sort();
  throw new GatewayError('DEPENDENCY_MISSING', `It needs ${packages.join(', ')} (not installed).`, {
    fix: installCommand(missing, request),
    field: packages.join(' '),
  });
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function toPlugin(request: LoadRequest, prefixes: Map<string, number>): Plugin {
  return {
    name: 'plugmux',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, request, args));
      build.onLoad({ filter: /.*/, namespace: EMPTY }, () => ({
        contents: 'module.exports = {};',
        loader: 'js',
      }));
      build.onLoad({ filter: /.*/, namespace: ABSENT }, ({ path, pluginData }) => ({ contents: absent(path, pluginData as string) }));
      build.onLoad({ filter: /.*/, namespace: STAND_IN }, ({ path }) => ({
        contents: lenient(path),
        loader: 'js',
        resolveDir: dirname(path),
      }));
      build.onLoad({ filter: SOURCE, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const url = urlOf(path, request);
        const file = fileURLToPath(url);
        const [u, f, d] = [url, file, dirname(file)].map((text) => JSON.stringify(text));
        // On the first line, so that line numbers do not change.
        const names = `const __plugmux_url=${u},__plugmux_file=${f},__plugmux_dir=${d};`;
        prefixes.set(path, names.length);
        const contents = source.startsWith('#!') ? source.replace(/^#![^\n]*/, names) : names + source;
        return {
          contents,
          loader: LOADERS[extname(path)] ?? 'js',
          resolveDir: dirname(path),
        };
      });
    },
  };
}

// Throws when it is reached, as in Node: packages imported on demand may be optional.
function absent(name: string, importer: string): string {
  const message = `Cannot find package '${name}' imported from ${importer}`;
  return `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'MODULE_NOT_FOUND', requireStack: [${JSON.stringify(importer)}] });`;
}

// A name missing in a stand-in must not fail the whole plugin: CommonJS links without it, and the name becomes a function
// that throws when called.
function lenient(file: string): string {
  return `const real = require(${JSON.stringify(file)});
const seen = new Set(['then', 'default', '__esModule']);
const missing = new Proxy({}, { get(_, name) {
  if (typeof name === 'symbol' || (seen.has(name) && !(name in stubs))) return undefined;
  seen.add(name);
  return (stubs[name] ??= stub(name));
} });
const stubs = Object.create(null);
function stub(name) {
  console.warn('The plugin uses "' + name + '", which the stand-in for its host does not provide; calling it throws.');
  return function () { throw new Error('"' + name + '" of the original host is not available in this gateway.'); };
}
module.exports = Object.create(missing, Object.getOwnPropertyDescriptors(real));`;
}

async function resolveImport(build: PluginBuild, request: LoadRequest, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, resolveDir } = args;
  if (args.pluginData === RESOLVING || kind === 'entry-point') return undefined;
  const options = { kind, importer, pluginData: RESOLVING };
  if (isBuiltin(path)) return { path, external: true };
  if (path.startsWith('.') || path.startsWith('/')) {
    if (!path.endsWith('.node')) return undefined;
    const found = await build.resolve(path, { ...options, resolveDir });
    return { path: found.path, external: true };
  }
  for (const dir of [resolveDir, ...request.moduleRoots]) {
    const found = await build.resolve(path, { ...options, resolveDir: dir });
    const installed = found.errors.length === 0 && found.path.includes('node_modules');
    const standIn = request.standIns[path];
    // A copy installed by the plugin takes precedence over the stand-in; a path alias of a tsconfig does not.
    if (standIn !== undefined && !installed) return standIn === null ? { path, namespace: EMPTY } : { path: standIn, namespace: STAND_IN };
    if (found.errors.length > 0) continue;
    // Packages written in TypeScript and path aliases into the plugin are bundled; the rest stays external.
    if (found.external || !installed || /\.[mc]?tsx?$/.test(found.path)) return found.external ? found : { path: found.path };
    return {
      path: kind === 'require-call' ? found.path : pathToFileURL(found.path).href,
      external: true,
    };
  }
  if (kind === 'dynamic-import' || kind === 'require-call') return { path, namespace: ABSENT, pluginData: importer };
  return { path: MISSING + path, external: true };
}
