import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Socket paths are limited to 108 bytes on Linux and 104 on macOS, including the file name.
const MAX_PARENT_LENGTH = 60;

/** Creates a folder that only this user can access, with a path short enough for sockets. */
export function makePrivateFolder(): string {
  const parent = tmpdir();
  return mkdtempSync(join(Buffer.byteLength(parent) > MAX_PARENT_LENGTH && process.platform !== 'win32' ? '/tmp' : parent, 'pm-'));
}

/** Deletes a folder, as far as possible. */
export function removeFolder(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Files of other users may stay behind.
  }
}
