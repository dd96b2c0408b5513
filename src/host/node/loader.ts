import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GatewayError, toError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { bundle } from './bundle.ts';
import { type BundleCache, createBundleCache } from './bundle-cache.ts';
import { explainImport, isUnlinked } from './import-errors.ts';
import type { LoadRequest } from './load-request.ts';

const NATIVE = new Set(['.js', '.mjs', '.cjs']);
let caches: Map<string, BundleCache> | undefined;

/**
 * Imports a plugin's entry. TypeScript is bundled into the cache first. Throws DEPENDENCY_MISSING for a missing package
 * before any of the plugin's code runs.
 */
export async function loadEntry(request: LoadRequest, log: Logger): Promise<Record<string, unknown>> {
  if (!existsSync(request.entry)) throw new GatewayError('ENTRY_NOT_FOUND', `The entry file "${request.entry}" does not exist.`);
  try {
    if (!NATIVE.has(extname(request.entry))) return await importBundled(request, log);
    return await importNative(request).catch((error) => {
      // Only a bundler resolves imports without an extension and names of stand-ins.
      if (!isUnlinked(error)) throw error;
      log.debug(`imported as a bundle: ${toError(error).message}`);
      return importBundled(request, log);
    });
  } catch (error) {
    throw explainImport(error, request);
  }
}

async function importBundled(request: LoadRequest, log: Logger): Promise<Record<string, unknown>> {
  caches ??= new Map();
  const cache = caches.get(request.cacheDir) ?? createBundleCache(request.cacheDir);
  caches.set(request.cacheDir, cache);
  const file = cache.find(request) ?? cache.save(request, await bundle(request, log));
  return import(pathToFileURL(file).href);
}

// Plain JavaScript needs no bundling, only a hook for the host's specifiers and the extra roots.
async function importNative({ entry, standIns, moduleRoots }: LoadRequest): Promise<Record<string, unknown>> {
  const { register } = await import('node:module');
  const empty = new URL('./empty.js', import.meta.url).href;
  const targets = Object.entries(standIns).map(([specifier, file]) => [specifier, file === null ? empty : pathToFileURL(file).href]);
  const roots = moduleRoots.map((root) => pathToFileURL(`${root}/`).href);
  register(new URL('./resolve-hook.js', import.meta.url), {
    data: { standIns: Object.fromEntries(targets), roots },
  });
  return import(pathToFileURL(entry).href);
}
