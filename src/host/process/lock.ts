import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from './process-tree.ts';

const POLL_MS = 100;
const inThisProcess = new Map<string, Promise<unknown>>();

/** How to wait for a lock. */
export interface LockWait {
  readonly signal: AbortSignal;
  /** The error if the signal aborts before the lock is acquired. */
  readonly stopped: () => Error;
}

/** Runs a function while holding a lock file, exclusive across processes. The lock of a dead process is removed. */
export async function withLock<T>(file: string, wait: LockWait, run: () => Promise<T>): Promise<T> {
  const before = inThisProcess.get(file) ?? Promise.resolve();
  const mine = before.then(() => locked(file, wait, run));
  const settled = mine.catch(() => undefined);
  inThisProcess.set(file, settled);
  try {
    return await mine;
  } finally {
    if (inThisProcess.get(file) === settled) inThisProcess.delete(file);
  }
}

async function locked<T>(file: string, { signal, stopped }: LockWait, run: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${process.pid} ${identify(process.pid)?.start ?? ''}`;
  while (!tryAcquire(file, own)) {
    if (signal.aborted) throw stopped();
    breakStale(file);
    await sleep(POLL_MS);
  }
  try {
    return await run();
  } finally {
    rmSync(file, { force: true });
  }
}

// A hard link appears with its content; a newly opened file would be empty for a moment.
function tryAcquire(file: string, own: string): boolean {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, own);
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function breakStale(file: string): void {
  const owner = read(file);
  if (owner === undefined || isAlive(owner)) return;
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    // Another process replaced the lock meanwhile: restore it.
    if (read(aside) !== owner) linkSync(aside, file);
  } catch {
    // The lock was removed meanwhile.
  }
  rmSync(aside, { force: true });
}

function isAlive(owner: string): boolean {
  const [pid, start] = owner.split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = identify(Number(pid))?.start;
  return now === undefined || now === start;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
