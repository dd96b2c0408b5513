import { readFileSync, statSync } from 'node:fs';
import { fileFault } from '../core/file-fault.ts';
import { type Lock, readLock } from './lock-file.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const CONFLICT = /^(?:<{7}|={7}|>{7})(?: |\r?$)/m;

/** What a lock file contains, or why it cannot be used. `since`: when it was written, in milliseconds since 1970. */
export type LockReading =
  | { readonly lock: Lock; readonly fault?: undefined; readonly since: number }
  | { readonly lock?: undefined; readonly fault: string; readonly since: number };

/** Reads a lock file that exists. Never throws. */
export function readLockFile(file: string): LockReading {
  let since = 0;
  try {
    const stats = statSync(file);
    const { size, mtimeMs } = stats;
    since = Math.round(mtimeMs);
    // Reading a pipe would wait for its other end.
    if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is not a file');
    if (size > MAX_BYTES) throw new Error(`it has ${Math.ceil(size / 1e6)} MB, more than the limit of ${Math.round(MAX_BYTES / 1e6)} MB`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    if (text.trim() === '') throw new Error('it is empty');
    if (CONFLICT.test(text)) throw new Error('it has conflict markers of a merge');
    return { lock: readLock(text), since };
  } catch (error) {
    return { fault: fileFault(error), since };
  }
}
