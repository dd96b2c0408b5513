import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Appends lines to a file that only its owner can read. Over `maxBytes` the file becomes `<file>.1`, replacing an older one. */
export function createLogFile(file: string, maxBytes: number): (line: string) => void {
  let fd = openSync(file, 'a', 0o600);
  let size = fstatSync(fd).size;
  return (line) => {
    const bytes = Buffer.byteLength(line);
    try {
      if (size > 0 && size + bytes > maxBytes) {
        closeSync(fd);
        renameSync(file, `${file}.1`);
        fd = openSync(file, 'a', 0o600);
        size = 0;
      }
      writeSync(fd, line);
      size += bytes;
    } catch {
      // A full disk must not end the gateway.
    }
  };
}
