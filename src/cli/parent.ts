import { identify } from '../host/process/process-tree.ts';

const LOOK_MS = 1_000;

// Read as early as possible: a parent that ends while this program starts is gone as well.
const parent = process.ppid;

/**
 * Calls back once the program that started this one has ended. Its children then belong to another process, not always
 * process 1. A program that process 1 itself started, as in a container, is never without its parent.
 */
export function onParentGone(act: () => void): void {
  if (parent <= 1) return;
  const start = identify(parent)?.start;
  const look = setInterval(() => {
    const now = process.ppid === parent ? identify(parent) : undefined;
    if (process.ppid === parent && (now === undefined || start === undefined || now.start === start)) return;
    clearInterval(look);
    act();
  }, LOOK_MS).unref();
}
