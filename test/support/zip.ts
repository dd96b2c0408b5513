import { writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

/** One entry of an archive that a test makes, right or wrong. */
export interface ZipEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** Unix mode with the type of the file; 0: none, as archives made on Windows. */
  readonly mode?: number;
  /** What the archive says instead of the truth. */
  readonly size?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Shares its bytes with the entry before. */
  readonly overlaps?: boolean;
}

/** Writes a zip archive, without checking anything. */
export function writeZip(file: string, entries: readonly ZipEntry[], tail: Buffer = Buffer.alloc(0)): string {
  writeFileSync(file, Buffer.concat([zipOf(entries), tail]));
  return file;
}

/** The bytes of a zip archive. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  let before = 0;
  for (const { name, content = '', mode = 0o100644, size, crc, method = 8, flags = 0x800, overlaps = false } of entries) {
    const raw = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(raw) : raw;
    const bytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc ?? sumOf(raw), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? raw.length, 18);
    common.writeUInt16LE(bytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, bytes, packed]);
    const at = overlaps ? before : offset;
    if (!overlaps) {
      locals.push(local);
      before = offset;
      offset += local.length;
    }
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const by = Buffer.from(mode === 0 ? [20, 0] : [20, 3]);
    centrals.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), by, common, rest, bytes]));
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function sumOf(bytes: Buffer): number {
  let c = -1;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}
