import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
import { GatewayError } from '../../../src/core/errors.ts';

/** Digest of an install folder: names, contents and link targets. */
async function digestOf(dir: string): Promise<string> {
  const hash = createHash('sha256');
  const walk = async (folder: string, prefix: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const name = prefix + entry.name;
      if (entry.isSymbolicLink()) hash.update(`link ${name}\0${await readlink(path)}\0`);
      else if (entry.isDirectory()) await walk(path, `${name}/`);
      else if (entry.isFile()) {
        hash.update(`file ${name}\0`);
        for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      }
    }
  };
  await walk(dir, '');
  return hash.digest('hex');
}

/** Stores the digest of an install. */
export async function recordDigest(dir: string, keep: PluginStore): Promise<void> {
  keep.set(keyOf(dir), await digestOf(dir));
}

/** Compares an install with its stored digest. An install by another host is recorded on first use. */
export async function verifyDigest(dir: string, keep: PluginStore, firstSeen: () => void): Promise<void> {
  const known = keep.get(keyOf(dir));
  if (known === undefined) {
    await recordDigest(dir, keep);
    return firstSeen();
  }
  if ((await digestOf(dir)) === known) return;
  throw new GatewayError('CHECKSUM_MISMATCH', `The installed plugin in ${dir} has changed since it was installed.`, {
    fix: `Find out what changed it, then remove ${dir} to install it again.`,
  });
}

/** Deletes the digest before a new install. */
export function forgetDigest(dir: string, keep: PluginStore): void {
  keep.delete(keyOf(dir));
}

function keyOf(dir: string): string {
  return `digest ${dir}`;
}
