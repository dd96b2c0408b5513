import { createHash } from 'node:crypto';
import { type BigIntStats, type Dirent, promises as fs } from 'node:fs';
import { join, sep } from 'node:path';
import type { SkillContents, SkillFile, SkillItem } from '../../core/contract/skill.ts';
import { GatewayError } from '../../core/errors.ts';
import { mediaTypeOf } from './media-type.ts';

// What the extension for skills asks every client to accept; a skill above it is served without a list of files.
const MAX_FILES = 512;
const MAX_BYTES = 16 * 1024 * 1024;
/** Deeper folders are not looked at, so that a chain of folders cannot take for ever. */
const MAX_DEPTH = 16;
const SKIPPED = new Set(['.git', 'node_modules']);
/** About 100 bytes each. */
const MAX_DIGESTS = 50_000;

/** Digests of all skills by file, with what the file looked like then. */
const digests = new Map<string, { readonly mark: string; readonly digest: string }>();

interface Found {
  readonly path: string;
  readonly file: string;
  readonly stats: BigIntStats;
}

/** The files of one folder. Links are followed only to places inside it. */
export interface SkillFiles {
  /** All files with their digests, sorted by path; "dynamic" if there are more than 512, or more than 16 MiB. */
  list(): Promise<readonly SkillFile[] | 'dynamic'>;
  /** Why they are "dynamic"; undefined if they are not. Reads no file. */
  excess(): Promise<string | undefined>;
  children(path: string): Promise<readonly SkillItem[] | null>;
  /** A file of at most `maxBytes`; null if there is none. Throws RESULT_TOO_LARGE. */
  read(path: string, maxBytes: number): Promise<SkillContents | null>;
}

/** Opens the folder of a skill. `folder` is its real path. */
export function openFiles(folder: string): SkillFiles {
  const inside = async (path: string): Promise<string | undefined> => {
    try {
      const real = await fs.realpath(join(folder, path));
      return real === folder || real.startsWith(folder + sep) ? real : undefined;
    } catch {
      return undefined;
    }
  };

  // Sorted by code unit, so that the lists are the same on every machine.
  const entriesOf = async (path: string): Promise<{ path: string; item: Dirent }[]> => {
    const items = await fs.readdir(join(folder, path), { withFileTypes: true }).catch(() => []);
    return items
      .filter(({ name }) => !SKIPPED.has(name) && isUtf8(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((item) => ({ path: path === '' ? item.name : `${path}/${item.name}`, item }));
  };

  const look = async (path: string): Promise<{ file: string; stats: BigIntStats } | undefined> => {
    const file = await inside(path);
    const stats = file === undefined ? undefined : await fs.stat(file, { bigint: true }).catch(() => undefined);
    return file !== undefined && stats && (stats.isFile() || stats.isDirectory()) ? { file, stats } : undefined;
  };

  // False if there are too many files.
  const walk = async (path: string, depth: number, above: readonly string[], found: Found[]): Promise<boolean> => {
    for (const { path: child } of await entriesOf(path)) {
      const seen = await look(child);
      if (!seen) continue;
      if (seen.stats.isFile()) found.push({ path: child, ...seen });
      // A link to a folder above would be walked for ever.
      else if (depth < MAX_DEPTH && !above.includes(seen.file) && !(await walk(child, depth + 1, [...above, seen.file], found)))
        return false;
      if (found.length > MAX_FILES) return false;
    }
    return true;
  };

  const survey = async (): Promise<{ found: readonly Found[]; excess?: string }> => {
    const found: Found[] = [];
    if (!(await walk('', 0, [folder], found))) return { found, excess: `more than ${MAX_FILES} files` };
    const bytes = found.reduce((sum, { stats }) => sum + Number(stats.size), 0);
    return bytes > MAX_BYTES ? { found, excess: `files of ${bytes} bytes, more than ${MAX_BYTES} bytes` } : { found };
  };

  return {
    excess: async () => (await survey()).excess,
    async list() {
      const { found, excess } = await survey();
      if (excess !== undefined) return 'dynamic';
      const files: SkillFile[] = [];
      for (const { path, file, stats } of found) {
        const read = await digestOf(file, stats);
        if (read) files.push({ path, ...read });
      }
      return files;
    },
    async children(path) {
      const dir = isPlain(path) ? await look(path) : undefined;
      if (!dir?.stats.isDirectory()) return null;
      const items: SkillItem[] = [];
      for (const { path: child } of await entriesOf(path)) {
        const seen = await look(child);
        if (seen?.stats.isFile()) items.push({ path: child, kind: 'file', size: Number(seen.stats.size) });
        else if (seen) items.push({ path: child, kind: 'folder' });
      }
      return items;
    },
    async read(path, maxBytes) {
      const seen = isPlain(path) ? await look(path) : undefined;
      if (!seen?.stats.isFile()) return null;
      const size = Number(seen.stats.size);
      if (size > maxBytes) throw tooLarge(path, size, maxBytes);
      return toContents(path, await fs.readFile(seen.file));
    },
  };
}

/** The contents of a file, as text only if the text has the same bytes. */
export function toContents(path: string, bytes: Buffer): SkillContents {
  let text: string | undefined;
  try {
    // A null byte means that the file is not meant as text.
    if (!bytes.includes(0)) text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8.
  }
  const mimeType = mediaTypeOf(path, text !== undefined);
  return text === undefined ? { mimeType, blob: bytes.toString('base64') } : { mimeType, text };
}

export function tooLarge(path: string, size: number, maxBytes: number): GatewayError {
  return new GatewayError('RESULT_TOO_LARGE', `The file "${path}" has ${size} bytes, more than the limit of ${maxBytes} bytes.`);
}

// The same characters as in an address: nothing that leads elsewhere.
function isPlain(path: string): boolean {
  return (
    path === '' ||
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0') && !SKIPPED.has(part))
  );
}

// A name that is not UTF-8 has no address.
function isUtf8(name: string): boolean {
  return !name.includes('\ufffd');
}

async function digestOf(file: string, stats: BigIntStats): Promise<{ digest: string; size: number } | undefined> {
  const mark = `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
  const size = Number(stats.size);
  const known = digests.get(file);
  if (known?.mark === mark) return { digest: known.digest, size };
  const bytes = await fs.readFile(file).catch(() => undefined);
  if (!bytes) return undefined;
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  // The oldest go first; those of deleted files are among them.
  if (digests.size >= MAX_DIGESTS) digests.delete(digests.keys().next().value as string);
  if (bytes.length === size) digests.set(file, { mark, digest });
  return { digest, size: bytes.length };
}
