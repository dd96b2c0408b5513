import { createWriteStream, openSync, type WriteStream } from 'node:fs';

/**
 * A write stream to a file that is opened immediately. An asynchronous open could still create the file after an abort, in a
 * folder that is being removed.
 */
export function writeTo(file: string, mode: number): WriteStream {
  return createWriteStream(file, { fd: openSync(file, 'w', mode) });
}
