import { createWriteStream, openSync, type WriteStream } from 'node:fs';

/**
 * A stream into a file that is there at once. One that opens its file by and by may still do so after it was given up,
 * in a folder that is being removed.
 */
export function writeTo(file: string, mode: number): WriteStream {
  return createWriteStream(file, { fd: openSync(file, 'w', mode) });
}
