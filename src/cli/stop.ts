import type { Logger } from '../core/log.ts';
import { toTimer } from '../core/timer.ts';

const GRACE_MS = 15_000;

/**
 * Runs until SIGTERM or SIGINT, then lets `body` finish in order. A second signal skips the waiting; whatever happens,
 * the process has ended shortly after the last deadline.
 */
export async function untilStopped(log: Logger, drainMs: () => number, body: (stopped: Promise<void>) => Promise<void>): Promise<void> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let asked = 0;
  const signalled = (signal: NodeJS.Signals): void => {
    if (++asked > 1) process.exit(1);
    log.info(`${signal}: draining calls in flight`);
    setTimeout(() => process.exit(1), toTimer(drainMs() + GRACE_MS)).unref();
    stop();
  };
  process.on('SIGTERM', signalled);
  process.on('SIGINT', signalled);
  process.on('SIGHUP', signalled);
  await body(stopped);
  process.exit(0);
}
