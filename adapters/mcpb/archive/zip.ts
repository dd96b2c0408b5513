import { closeSync, createReadStream, openSync } from 'node:fs';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import { hasHidden } from '../../../src/core/text/hidden.ts';
import { refused } from './refused.ts';

/** The largest real bundle known has 31 MB packed, 89 MB unpacked. */
const MAX_ARCHIVE = 256 * 1024 * 1024;
const MAX_UNPACKED = 1024 * 1024 * 1024;
/** Some bundles hold whole node_modules; with more, unpacking takes minutes. */
const MAX_ENTRIES = 100_000;
/** Code and programs pack to a half or a fifth. Small archives may hold long runs of one byte. */
const MAX_RATIO = 200;
const RATIO_FROM = 16 * 1024 * 1024;
/** What file systems allow for one part of a path, and a depth that no real bundle comes near. */
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 64;

const UNIX = 3;
const FILE = 0o100000;
const FOLDER = 0o040000;
const TYPE = 0o170000;
/** Names that Windows gives to devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** One entry of a bundle, checked. */
export interface Item {
  readonly entry: Entry;
  /** With `/`, without one at its end. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Permission bits; undefined if the archive has none, as those made on Windows. */
  readonly mode?: number;
}

class Part extends RandomAccessReader {
  readonly #file: string;
  constructor(file: string) {
    super();
    this.#file = file;
  }
  override _readStreamForRange(start: number, end: number) {
    return createReadStream(this.#file, { start, end: end - 1 });
  }
}

/** Opens the zip in the first bytes of a file. The caller closes it. */
export function openZip(file: string, bytes: number): Promise<ZipFile> {
  if (bytes > MAX_ARCHIVE) throw refused(`its ${bytes} bytes exceed the limit of ${MAX_ARCHIVE}`);
  // Said clearly before the library meets it.
  closeSync(openSync(file, 'r'));
  return new Promise((resolve, reject) =>
    fromRandomAccessReader(new Part(file), bytes, { lazyEntries: true, autoClose: false, strictFileNames: true }, (error, zip) =>
      error ? reject(refused(`it is not a zip archive: ${error.message}`)) : resolve(zip),
    ),
  );
}

/** Lists all entries. Rejects with ARCHIVE_REFUSED if one is unsafe, or all together are too large. */
export async function listZip(zip: ZipFile, bytes: number): Promise<Item[]> {
  if (zip.entryCount > MAX_ENTRIES) throw refused(`it has more than ${MAX_ENTRIES} entries`);
  const items: Item[] = [];
  const kinds = new Map<string, 'file' | 'folder'>();
  let packed = 0;
  let unpacked = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on('error', (error: Error) => reject(refused(`it cannot be read: ${error.message}`)));
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      try {
        const item = toItem(entry);
        claimName(item, kinds);
        packed += entry.compressedSize;
        unpacked += entry.uncompressedSize;
        if (items.length >= MAX_ENTRIES) throw refused(`it has more than ${MAX_ENTRIES} entries`);
        if (unpacked > MAX_UNPACKED) throw refused(`it unpacks to more than ${MAX_UNPACKED} bytes`);
        // Entries that share their bytes are the way to a bomb without a high ratio of any of them.
        if (packed > bytes) throw refused('its entries overlap');
        items.push(item);
        zip.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    zip.readEntry();
  });
  if (unpacked > RATIO_FROM && unpacked > packed * MAX_RATIO) throw refused(`it unpacks to more than ${MAX_RATIO} times its size`);
  return items;
}

function toItem(entry: Entry): Item {
  const { fileName } = entry;
  const shown = JSON.stringify(fileName.slice(0, 200));
  const isFolder = fileName.endsWith('/');
  const path = isFolder ? fileName.slice(0, -1) : fileName;
  const parts = path.split('/');
  if (/[\\:\t\n\r]/.test(path) || hasHidden(path) || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refused(`${shown} is not a path inside of it`);
  if (parts.length > MAX_DEPTH) throw refused(`${shown} is deeper than ${MAX_DEPTH} folders`);
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES))
    throw refused(`${shown} has a name of more than ${MAX_NAME_BYTES} bytes`);
  if (process.platform === 'win32' && parts.some((part) => DEVICE.test(part) || /[. ]$/.test(part)))
    throw refused(`${shown} is a name that Windows does not allow`);
  if (entry.isEncrypted()) throw refused(`${shown} is encrypted`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) throw refused(`${shown} is packed by an unknown method`);
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE;
  if (type !== 0 && type !== FILE && type !== FOLDER) throw refused(`${shown} is a link or a device`);
  if (type !== 0 && (type === FOLDER) !== isFolder) throw refused(`${shown} is a file and a folder at once`);
  const hasMode = entry.versionMadeBy >>> 8 === UNIX && mode !== 0;
  return { entry, path, isFolder, ...(hasMode ? { mode: mode & 0o777 } : {}) };
}

// Some file systems do not tell names apart by case or by the form of their accents.
function claimName({ path, isFolder }: Item, kinds: Map<string, 'file' | 'folder'>): void {
  const parts = fold(path).split('/');
  for (let n = 1; n < parts.length; n++) {
    const above = parts.slice(0, n).join('/');
    if (kinds.get(above) === 'file') throw refused(`${JSON.stringify(path)} lies below a file`);
    kinds.set(above, 'folder');
  }
  const own = parts.join('/');
  const before = kinds.get(own);
  if (before !== undefined && !(before === 'folder' && isFolder)) throw refused(`it has ${JSON.stringify(path)} twice`);
  kinds.set(own, isFolder ? 'folder' : 'file');
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().toUpperCase();
}

/** The bytes of an entry as a stream that fails if they differ from what the archive says. */
export function openItem(zip: ZipFile, { entry }: Item): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error, stream) =>
      error ? reject(refused(`${JSON.stringify(entry.fileName)}: ${error.message}`)) : resolve(stream),
    ),
  );
}
