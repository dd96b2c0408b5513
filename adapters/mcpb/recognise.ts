import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asObject, isJsonObject } from '../../src/core/json/json.ts';
import { parseJson } from '../../src/core/json/json-scan.ts';

/** Manifests may hold whole answers of their server, so they can be larger than other manifests. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
/** Against texts that would take long to read; the largest real manifest has some hundred keys. */
const CAPS = { depth: 64, keys: 100_000, items: 100_000 };

/** Where a bundle lies. */
export type Found = { readonly kind: 'folder'; readonly text: string } | { readonly kind: 'packed' };

/** Looks at a path as text: a packed bundle by its ending, a folder by its manifest. `format`: the only one that counts. */
export function recognise(path: string, format: string | undefined): Found | undefined {
  if (format !== undefined && format !== 'mcpb') return undefined;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return format === 'mcpb' || /\.(mcpb|dxt)$/i.test(path) ? { kind: 'packed' } : undefined;
  const file = join(path, 'manifest.json');
  if (!stat?.isDirectory() || !existsSync(file) || statSync(file).size > MAX_MANIFEST_BYTES) return undefined;
  const text = readFileSync(file, 'utf8');
  return isManifest(text) ? { kind: 'folder', text } : undefined;
}

/** The manifest in a text; throws what `JSON.parse` throws. */
export function parseManifest(text: string): unknown {
  return parseJson(text.replace(/^\ufeff/, ''), CAPS);
}

// Browser extensions have a number as version, web applications none, Talos plugins a list of functions.
function isManifest(text: string): boolean {
  try {
    const { manifest_version, dxt_version, server } = asObject(parseManifest(text));
    return [manifest_version, dxt_version].some((version) => typeof version === 'string') && isJsonObject(server);
  } catch {
    return false;
  }
}
