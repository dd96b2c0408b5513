import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../core/package.ts';
import type { Bundle } from './bundle.ts';
import type { LoadRequest } from './load-request.ts';

// Increase when the content of bundles changes.
const FORMAT = 2;

interface Entry {
  readonly output: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly externals: readonly string[];
  readonly lacks: boolean;
}

/** Bundles on disk, valid while all their input files are unchanged. Bundles that lack a package are not reused. */
export interface BundleCache {
  /** The bundle's file, or undefined if there is none or it is stale. */
  find(request: LoadRequest): string | undefined;
  save(request: LoadRequest, bundle: Bundle): string;
}

/** Creates a cache in one folder. Plugin folders are never written to. */
export function createBundleCache(dir: string): BundleCache {
  const entryFile = (request: LoadRequest): string =>
    join(dir, `${digest(JSON.stringify([VERSION, FORMAT, process.versions.modules, request]))}.json`);

  const write = (file: string, text: string): void => {
    const part = `${file}.${process.pid}.part`;
    writeFileSync(part, text, { mode: 0o600 });
    renameSync(part, file);
  };

  const read = (file: string): Entry | undefined => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Entry;
    } catch {
      return undefined;
    }
  };

  return {
    find(request) {
      const entry = read(entryFile(request));
      if (!entry || entry.lacks || !existsSync(entry.output)) return undefined;
      const same = Object.entries(entry.inputs).every(([file, hash]) => digestOf(file) === hash);
      return same && entry.externals.every((url) => existsSync(fileURLToPath(url))) ? entry.output : undefined;
    },
    save(request, bundle) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const file = entryFile(request);
      const old = read(file)?.output;
      const output = join(dir, `${digest(bundle.code)}.mjs`);
      write(`${output}.map`, bundle.map);
      write(output, `${bundle.code}\n//# sourceMappingURL=${output.slice(dir.length + 1)}.map\n`);
      const root = dirname(request.entry);
      const inputs = Object.fromEntries(bundle.inputs.map((path) => resolve(root, path)).map((path) => [path, digestOf(path)]));
      write(file, JSON.stringify({ output, inputs, externals: bundle.externals, lacks: bundle.lacks }));
      if (old !== undefined && old !== output) for (const stale of [old, `${old}.map`]) rmSync(stale, { force: true });
      return output;
    },
  };
}

function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function digestOf(file: string): string {
  try {
    return digest(readFileSync(file));
  } catch {
    return '';
  }
}
