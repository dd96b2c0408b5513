import { stampOf } from './stamp.ts';

/** Polls the files that a configuration is read from. */
export interface FileLook {
  /** The files of the latest read, whether or not it succeeded. */
  readonly files: readonly string[];
  /** Records the files of a read, and the stamp they had. */
  readonly took: (files: readonly string[], stamp: string) => void;
  /** Checks now, and calls back if the files have changed. */
  now(): void;
  close(): void;
}

const POLL_MS = 1_000;

/**
 * Calls back when files have changed. Polls, because some file systems send no events, and a file that is removed and created
 * again is not always reported. A file that is still changing is checked again with the next poll.
 */
export function createFileLook(first: readonly string[], stamp: string, changed: () => void): FileLook {
  let latest = { files: first, stamp };
  let before = stamp;
  const look = (isQuiet: (stamp: string) => boolean): void => {
    const now = stampOf(latest.files);
    const hasChanged = now !== latest.stamp && isQuiet(now);
    before = now;
    if (hasChanged) changed();
  };
  const timer = setInterval(() => look((now) => now === before), POLL_MS).unref();
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
