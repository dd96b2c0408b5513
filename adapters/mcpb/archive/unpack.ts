import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from './crc32.ts';
import { refused } from './refused.ts';
import { findSignature } from './signature.ts';
import { listZip, openItem, openZip } from './zip.ts';

/** Unpacks a bundle into a new folder. Everything is checked before the first file is written. */
export async function unpack(file: string, target: string): Promise<void> {
  const { zipBytes } = findSignature(file);
  const zip = await openZip(file, zipBytes);
  try {
    const items = await listZip(zip, zipBytes);
    mkdirSync(target, { mode: 0o700 });
    for (const item of items) {
      const path = join(target, ...item.path.split('/'));
      if (item.isFolder) {
        mkdirSync(path, { recursive: true });
        continue;
      }
      mkdirSync(dirname(path), { recursive: true });
      // Its owner can always read and replace it; no other user may write.
      const mode = ((item.mode ?? 0o644) | 0o600) & 0o755;
      let sum = 0;
      const summing = new Transform({
        transform(chunk: Buffer, _, done) {
          sum = crc32(chunk, sum);
          done(null, chunk);
        },
      });
      // "wx": a name that the file system takes for another one must not replace it.
      await pipeline(await openItem(zip, item), summing, createWriteStream(path, { flags: 'wx', mode })).catch((error: Error) => {
        throw refused(`${JSON.stringify(item.path)} cannot be unpacked: ${error.message}`);
      });
      if (sum !== item.entry.crc32) throw refused(`${JSON.stringify(item.path)} is damaged`);
    }
  } finally {
    zip.close();
  }
}
