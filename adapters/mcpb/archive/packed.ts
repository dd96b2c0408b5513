import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../src/core/contract/host.ts';
import { asObject } from '../../../src/core/json/json.ts';
import { MAX_MANIFEST_BYTES } from '../recognise.ts';
import { digestOf } from './digest.ts';
import { refused } from './refused.ts';
import { unpackOnce } from './unpack-once.ts';

/** A packed bundle, as far as it can be known without unpacking it. */
export interface Packed {
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** The text of its manifest. */
  readonly manifest: string;
  /** Who signed it; undefined if it is not signed. */
  readonly signature?: string;
  /** The folder it is unpacked to; may not exist yet. */
  readonly dir: string;
  /** Unpacks it unless that has been done. `command`: the program of its server, made executable if it lies inside. */
  unpack(command: string, signal: AbortSignal): Promise<void>;
}

interface Known extends Pick<Packed, 'digest' | 'manifest' | 'signature'> {
  /** What the file was when it was read. */
  readonly stamp: string;
}

/** Reads a packed bundle. What is known of an unchanged file is kept in the cache, so a second start does not read it again. */
export async function openPacked(path: string, host: Pick<Host, 'cacheDir' | 'run' | 'log'>): Promise<Packed> {
  const file = realpathSync(path);
  const root = join(host.cacheDir, 'bundles');
  const note = join(root, `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`);
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  const stamp = [size, mtimeMs, ctimeMs, ino].join(' ');
  const kept = readKnown(note);
  const known = kept?.stamp === stamp ? kept : { stamp, ...(await readAnew(file)) };
  if (known !== kept) writeKnown(root, note, known);
  const { digest, manifest, signature } = known;
  const dir = join(root, digest);
  return {
    digest,
    manifest,
    ...(signature === undefined ? {} : { signature }),
    dir,
    unpack: (command, signal) => unpackOnce({ file, digest, dir, root, command, host, signal }),
  };
}

async function readAnew(file: string): Promise<Omit<Known, 'stamp'>> {
  const [{ findSignature }, { openZip, listZip, openItem }] = await Promise.all([import('./signature.ts'), import('./zip.ts')]);
  const { zipBytes, signature } = findSignature(file);
  const zip = await openZip(file, zipBytes);
  try {
    // The whole list is checked here, so that an unsafe bundle fails before anything of it is used.
    const item = (await listZip(zip, zipBytes)).find((one) => one.path === 'manifest.json' && !one.isFolder);
    if (!item) throw refused('it has no manifest.json in its root');
    if (item.entry.uncompressedSize > MAX_MANIFEST_BYTES) throw refused(`its manifest.json is larger than ${MAX_MANIFEST_BYTES} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await openItem(zip, item)) chunks.push(chunk as Buffer);
    const manifest = Buffer.concat(chunks).toString('utf8');
    return { digest: await digestOf(file), manifest, ...(signature === undefined ? {} : { signature }) };
  } finally {
    zip.close();
  }
}

function readKnown(note: string): Known | undefined {
  try {
    const { stamp, digest, manifest, signature } = asObject(JSON.parse(readFileSync(note, 'utf8')));
    if (typeof stamp !== 'string' || typeof manifest !== 'string' || !/^[0-9a-f]{64}$/.test(String(digest))) return undefined;
    return { stamp, digest: String(digest), manifest, ...(typeof signature === 'string' ? { signature } : {}) };
  } catch {
    return undefined;
  }
}

// Without it the next start reads the file again.
function writeKnown(root: string, note: string, known: Known): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    const part = `${note}.${process.pid}`;
    writeFileSync(part, JSON.stringify(known), { mode: 0o600 });
    renameSync(part, note);
  } catch {
    // A read-only state folder is reported elsewhere.
  }
}
