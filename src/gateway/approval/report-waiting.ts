import type { Call } from '../call/call.ts';

const EVERY_MS = 10_000;
/** So small that the tool's own progress, which must be larger, still counts. */
const STEP = 1e-6;

/** Reports progress while a call waits for a person, now and every 10 s, until the returned function is called. */
export function reportWaiting(call: Call): () => void {
  if (!call.wantsProgress) return () => undefined;
  let done = 0;
  const report = (): void => {
    done += STEP;
    call.progress(done, undefined, 'Waiting for a person in the console');
  };
  report();
  const timer = setInterval(report, EVERY_MS).unref();
  return () => clearInterval(timer);
}
