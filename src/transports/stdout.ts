import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';

/**
 * A new stream on descriptor 1, since process.stdout writes to pipes synchronously and would block on a slow reader. From here
 * on, all other output to stdout goes to stderr.
 */
export function claimStdout(): Writable {
  const output = openStdout();
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  return output;
}

function openStdout(): Writable {
  if (isatty(1)) return new WriteStream(1);
  const stat = fstatSync(1);
  return stat.isFIFO() || stat.isSocket()
    ? new Socket({ fd: 1, readable: false, writable: true })
    : createWriteStream('', { fd: 1, autoClose: false });
}
