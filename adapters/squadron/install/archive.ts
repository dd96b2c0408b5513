import { chmodSync } from 'node:fs';
import { basename } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { list } from 'tar';
import { type Entry, open, type ZipFile } from 'yauzl';
import { GatewayError } from '../../../src/core/errors.ts';
import { writeTo } from './output.ts';

const MAX_ENTRIES = 10_000;
const MAX_SIZE = 1024 * 1024 * 1024;
const MAX_TEXT_SIZE = 1024 * 1024;

/** Extracts the one file with that base name from a `.tar.gz`. */
export async function extractFromTar(archive: string, name: string, target: string): Promise<void> {
  const output = writeTo(target, 0o600);
  let found = 0;
  let entries = 0;
  let fault: GatewayError | undefined;
  let size = 0;
  await list({
    file: archive,
    strict: true,
    onReadEntry(entry) {
      fault ??= nameFault(entry.path);
      if (++entries > MAX_ENTRIES) fault ??= refused(`it has more than ${MAX_ENTRIES} entries`);
      size += entry.size;
      if (size > MAX_SIZE) fault ??= refused('it unpacks to more than 1 GB');
      const wanted = (entry.type === 'File' || entry.type === 'OldFile') && basename(entry.path) === name;
      if (fault || !wanted || ++found > 1) entry.resume();
      else {
        entry.pipe(output);
        // An unread entry would block the whole archive.
        output.on('error', () => {
          entry.unpipe(output);
          entry.resume();
        });
      }
    },
  }).catch((error: Error) => {
    output.destroy();
    throw fault ?? refused(`it cannot be read: ${error.message}`);
  });
  if (found > 0) await finished(output);
  else output.destroy();
  if (fault) throw fault;
  if (found !== 1) throw refused(`it contains ${found === 0 ? 'no file' : 'several files'} "${name}"`);
  chmodSync(target, 0o755);
}

/** Extracts the one file with that base name from a `.zip`. */
export async function extractFromZip(archive: string, name: string, target: string): Promise<void> {
  let found = false;
  await eachEntry(archive, async (entry, zip) => {
    // The upper 16 bits hold the Unix file mode; only regular files are accepted.
    const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
    if (basename(entry.fileName) !== name || entry.fileName.endsWith('/') || (kind !== 0 && kind !== 0o100000)) return;
    found = true;
    await pipeline(await openEntry(zip, entry), writeTo(target, 0o755));
  });
  if (!found) throw refused(`it contains no file "${name}"`);
}

/** Returns the text of the entry that matches; undefined if there is none. */
export async function readFromZip(archive: string, fits: RegExp): Promise<string | undefined> {
  let text: string | undefined;
  await eachEntry(archive, async (entry, zip) => {
    if (!fits.test(entry.fileName)) return;
    if (entry.uncompressedSize > MAX_TEXT_SIZE) throw refused(`${entry.fileName} is larger than 1 MB`);
    const chunks: Buffer[] = [];
    for await (const chunk of await openEntry(zip, entry)) chunks.push(chunk as Buffer);
    text = Buffer.concat(chunks).toString('utf8');
  });
  return text;
}

async function eachEntry(archive: string, visit: (entry: Entry, zip: ZipFile) => Promise<void>): Promise<void> {
  const zip = await promisify<string, object, ZipFile>(open)(archive, { lazyEntries: true, autoClose: false }).catch((error: Error) => {
    throw refused(`it cannot be read: ${error.message}`);
  });
  try {
    if (zip.entryCount > MAX_ENTRIES) throw refused(`it has more than ${MAX_ENTRIES} entries`);
    let size = 0;
    await new Promise<void>((resolve, reject) => {
      zip.on('error', (error: Error) => reject(refused(`it cannot be read: ${error.message}`)));
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        size += entry.uncompressedSize;
        const fault = nameFault(entry.fileName) ?? (size > MAX_SIZE ? refused('it unpacks to more than 1 GB') : undefined);
        if (fault) return reject(fault);
        visit(entry, zip).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

function openEntry(zip: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream))));
}

function nameFault(path: string): GatewayError | undefined {
  const parts = path.split(/[/\\]/);
  if (parts.includes('..') || /^([/\\]|[A-Za-z]:)/.test(path))
    return refused(`it contains the path ${JSON.stringify(path)}, which is outside the folder`);
  return undefined;
}

function refused(why: string): GatewayError {
  return new GatewayError('ARCHIVE_REFUSED', `The archive was rejected: ${why}.`);
}
