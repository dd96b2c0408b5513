import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { fileFault } from '../../core/file-fault.ts';
import { withLock } from '../../host/process/lock.ts';
import { UsageError } from '../context.ts';

const MAX_WAIT_MS = 30_000;
const MAX_TRIES = 20;

/** Computes the new content of a file from the present one; undefined leaves the file as it is. May be called again. */
export type Change = (content: Buffer) => Promise<Buffer | undefined>;

/**
 * Replaces a file as a whole, keeping its mode, its owner and a link to it. Concurrent calls in any process run one after the
 * other, and a file that an editor saves meanwhile is read again. Returns whether the file changed. Throws UsageError if it
 * cannot be written.
 */
export async function replaceFile(file: string, change: Change): Promise<boolean> {
  const stopped = (): Error => new UsageError(`${file} is being changed by another process.`, 'Try again when that has ended.');
  const wait = { signal: AbortSignal.timeout(MAX_WAIT_MS), stopped };
  try {
    const target = realpathSync(file);
    accessSync(target, constants.W_OK);
    return await withLock(`${target}.lock`, wait, () => replace(target, change, stopped));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const fix = 'The file is unchanged. Make it and its folder writable, or edit the file yourself.';
    throw new UsageError(`${file} cannot be written: ${fileFault(error)}.`, fix);
  }
}

async function replace(target: string, change: Change, stopped: () => Error): Promise<boolean> {
  for (let n = 0; n < MAX_TRIES; n++) {
    const before = readFileSync(target);
    const after = await change(before);
    if (after === undefined || after.equals(before)) return false;
    const fresh = `${target}.new`;
    try {
      writeLike(fresh, after, target);
      if (!readFileSync(target).equals(before)) continue;
      renameSync(fresh, target);
      return true;
    } finally {
      rmSync(fresh, { force: true });
    }
  }
  throw stopped();
}

/** Writes a draft with the owner and mode of `target`. That file may hold tokens, so the draft is private until then. */
export function writeLike(fresh: string, content: Buffer, target: string): void {
  rmSync(fresh, { force: true });
  writeFileSync(fresh, content, { mode: 0o600, flag: 'wx', flush: true });
  const { uid, gid, mode } = statSync(target);
  const own = statSync(fresh);
  try {
    if (own.uid !== uid || own.gid !== gid) chownSync(fresh, uid, gid);
  } catch {
    // Only root can give a file away.
  }
  chmodSync(fresh, mode & 0o777);
}
