import type { Call } from './call.ts';
import { Deadline, timedOut } from './deadline.ts';

/** How long plugin code may take, in ms: without progress, and in total. */
export interface CallTimeLimits {
  readonly callTimeoutMs: number;
  readonly callCapMs: number;
}

/** Waits for plugin code outside a tool call, with the deadline of a call. A cancellation ends the wait too. */
export function withDeadline<T>(what: string, call: Call, { callTimeoutMs, callCapMs }: CallTimeLimits, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    call.onAbort(reject);
    call.clock = new Deadline({ timeoutMs: callTimeoutMs, capMs: Math.max(callCapMs, callTimeoutMs) }, call, (limits) =>
      timedOut(what, limits),
    );
    work.then(resolve, reject);
  }).finally(() => call.stopClock());
}
