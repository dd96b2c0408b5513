import { toError } from '../../../src/core/errors.ts';

/**
 * Catches and reports errors in event callbacks and unawaited promises. An exception in a stream listener would otherwise end
 * the gateway.
 */
export interface Guard {
  /** Wraps a listener of a stream, a socket, a transport or a timer. */
  callback<A extends readonly unknown[]>(run: (...args: A) => void): (...args: A) => void;
  /** Reports the rejection of a promise that is not awaited. */
  background(promise: Promise<unknown>): void;
}

/** `failed` receives every caught error. */
export function createGuard(failed: (error: Error) => void): Guard {
  const report = (thrown: unknown): void => failed(toError(thrown));
  return {
    callback:
      (run) =>
      (...args) => {
        try {
          run(...args);
        } catch (thrown) {
          report(thrown);
        }
      },
    background(promise) {
      promise.catch(report);
    },
  };
}
