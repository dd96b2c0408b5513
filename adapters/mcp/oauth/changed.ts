import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 1_000;

/** Waits until the stored login changes, which another process may do at any time. Returns false once `signal` is aborted. */
export async function loginChanged(read: () => unknown, signal: AbortSignal): Promise<boolean> {
  const before = read();
  while (!signal.aborted && read() === before) await sleep(POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
  return !signal.aborted;
}
