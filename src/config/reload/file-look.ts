import { stampOf } from './stamp.ts';

/** Files that a configuration is read from, looked at again and again. */
export interface FileLook {
  /** The files that the latest reading needed, whether or not that could be used. */
  readonly files: readonly string[];
  /** They were read, or tried, when they had this stamp. */
  readonly took: (files: readonly string[], stamp: string) => void;
  /** Calls back if they have changed since. */
  now(): void;
  close(): void;
}

const LOOK_MS = 1_000;

/**
 * Calls back once files have changed: some file systems tell nothing, and a file that was removed and comes back is not
 * always noticed. What is still being written is left for the next look.
 */
export function createFileLook(first: readonly string[], stamp: string, changed: () => void): FileLook {
  let latest = { files: first, stamp };
  let before = stamp;
  const look = (isQuiet: (stamp: string) => boolean): void => {
    const now = stampOf(latest.files);
    const goesOn = now !== latest.stamp && isQuiet(now);
    before = now;
    if (goesOn) changed();
  };
  const timer = setInterval(() => look((now) => now === before), LOOK_MS).unref();
  return {
    get files() {
      return latest.files;
    },
    took(files, taken) {
      latest = { files, stamp: taken };
    },
    now: () => look(() => true),
    close: () => clearInterval(timer),
  };
}
