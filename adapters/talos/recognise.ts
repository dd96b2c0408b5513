import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../../src/core/contract/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject } from '../../src/core/json/json.ts';
import { parseJson } from '../../src/core/json/json-scan.ts';
import { folderDigest } from '../../src/host/folder-digest.ts';
import { type TalosManifest, toManifest } from './manifest.ts';

const ENTRIES = ['index.ts', 'index.mts', 'index.js', 'index.mjs'];
const CAPS = { depth: 64, keys: 1_000_000, items: 1_000_000 };
const MAX_MANIFEST_SIZE = 8 * 1024 * 1024;

/** A folder with a Talos plugin. */
export interface Recognised {
  readonly manifest: TalosManifest;
  readonly entry: string;
  /** Changes with any file of the folder. */
  readonly digest: string;
}

/**
 * Reads a folder as a Talos plugin; null if it is none. Throws if the folder looks like one (a manifest beside an entry file,
 * or a `functions` list) but cannot be used.
 */
export function recogniseFolder({ path }: Source): Recognised | null {
  const file = join(path, 'manifest.json');
  if (!existsSync(file)) return null;
  const entry = ENTRIES.map((name) => join(path, name)).find((name) => existsSync(name));
  const raw = readManifest(file, entry !== undefined);
  if (!isJsonObject(raw) || (!Array.isArray(raw.functions) && (entry === undefined || typeof raw.id !== 'string'))) return null;
  const manifest = toManifest(raw);
  if ('fault' in manifest) throw new GatewayError('MANIFEST_INVALID', `${file}: ${manifest.fault}.`);
  if (entry === undefined) {
    throw new GatewayError('ENTRY_NOT_FOUND', `${path} has a manifest.json but no index.ts.`, {
      fix: 'Add index.ts (or index.mts, index.js, index.mjs).',
    });
  }
  return { manifest, entry, digest: folderDigest(path) };
}

function readManifest(file: string, meant: boolean): unknown {
  try {
    if (statSync(file).size > MAX_MANIFEST_SIZE) throw new Error('it is larger than 8 MB');
    return parseJson(readFileSync(file, 'utf8').replace(/^\ufeff/, ''), CAPS);
  } catch (error) {
    if (!meant) return null;
    const message = (error as Error).message;
    throw new GatewayError('MANIFEST_INVALID', `${file} cannot be read: ${message}.`, { fix: 'Make it valid JSON.', cause: error });
  }
}
