import { GatewayError } from './errors.ts';

/** Why nothing is begun any more. */
export function draining(): GatewayError {
  return new GatewayError('DRAINING', 'The gateway is shutting down and takes no new work.', { retryAfterMs: 1000 });
}

/** Tells those who wait to begin something that nothing begins any more. */
export interface Stopping {
  /** Undefined before `stop`. */
  readonly reason: GatewayError | undefined;
  stop(): void;
  /** Calls back with `stop`, until the returned function is called. */
  onStop(listener: (reason: GatewayError) => void): () => void;
}

/** Makes one. */
export function createStopping(): Stopping {
  const listeners = new Set<(reason: GatewayError) => void>();
  let reason: GatewayError | undefined;
  return {
    get reason() {
      return reason;
    },
    stop() {
      reason ??= draining();
      for (const listener of listeners) listener(reason);
      listeners.clear();
    },
    onStop(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Settles with a promise that does not fail; rejects at once where nothing begins any more. */
export function unlessStopped(pending: Promise<void>, stopping: Stopping): Promise<void> {
  if (stopping.reason) return Promise.reject(stopping.reason);
  return new Promise((resolve, reject) => {
    const forget = stopping.onStop(reject);
    void pending.then(() => {
      forget();
      resolve();
    });
  });
}
