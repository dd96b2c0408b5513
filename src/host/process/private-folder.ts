import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Socket paths end at 108 bytes on Linux and 104 on macOS; what a plugin puts in here needs some of them.
const MAX_PARENT_LENGTH = 60;

/** A new folder that only this user can enter, with a path short enough for sockets. */
export function makePrivateFolder(): string {
  const parent = tmpdir();
  return mkdtempSync(join(Buffer.byteLength(parent) > MAX_PARENT_LENGTH && process.platform !== 'win32' ? '/tmp' : parent, 'pm-'));
}

/** Removes a folder; what cannot be removed stays. */
export function removeFolder(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Another user's file below it, at worst: nothing that would help anybody as an error.
  }
}
