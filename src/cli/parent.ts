import { identify } from '../host/process/process-tree.ts';

const LOOK_MS = 1_000;

// Read as early as possible, so a parent that exits during the start is noticed as well.
const parent = process.ppid;

/**
 * Calls back once the parent process has exited; orphans get a new parent, which is not always process 1. Never calls back
 * if process 1 started this program, as in a container.
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
