import { deferred } from '../core/deferred.ts';
import type { Logger } from '../core/log.ts';
import { toTimer } from '../core/timer.ts';

const GRACE_MS = 15_000;

/**
 * Runs `body` until SIGTERM, SIGINT or SIGHUP, then waits until it has finished and exits. A second signal exits at once; so
 * does the end of `drainMs` and 15 s more, if `body` is still running.
 */
export async function untilStopped(log: Logger, drainMs: () => number, body: (stopped: Promise<void>) => Promise<void>): Promise<void> {
  const stopped = deferred();
  let signals = 0;
  const signalled = (signal: NodeJS.Signals): void => {
    if (++signals > 1) process.exit(1);
    log.info(`${signal}: draining calls in flight`);
    setTimeout(() => process.exit(1), toTimer(drainMs() + GRACE_MS)).unref();
    stopped.resolve();
  };
  process.on('SIGTERM', signalled);
  process.on('SIGINT', signalled);
  process.on('SIGHUP', signalled);
  await body(stopped.promise);
  process.exit(0);
}
