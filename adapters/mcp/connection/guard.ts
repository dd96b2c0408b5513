import { toError } from '../../../src/core/errors.ts';

/**
 * Stands around everything that messages from outside lead to: what a callback throws or a promise rejects with is
 * reported and goes no further. An exception in a stream's listener would otherwise end the gateway.
 */
export interface Guard {
  /** Wraps a listener of a stream, a socket, a transport or a timer. */
  callback<A extends readonly unknown[]>(run: (...args: A) => void): (...args: A) => void;
  /** Takes a promise that is not awaited. */
  background(promise: Promise<unknown>): void;
}

/** `failed` receives every error that was caught. */
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
