import { GatewayError } from '../errors.ts';

/** The error of work that is rejected during shutdown. */
export function draining(): GatewayError {
  return new GatewayError('DRAINING', 'The gateway is shutting down and accepts no new requests.', { retryAfterMs: 1000 });
}

/** Rejects queued work when shutdown begins. */
export interface Stopping {
  /** Undefined before `stop`. */
  readonly reason: GatewayError | undefined;
  stop(): void;
  /** Calls the listener on `stop`. Returns a function that removes it. */
  onStop(listener: (reason: GatewayError) => void): () => void;
}

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

/** Resolves with `pending`, which must not reject; rejects as soon as shutdown begins. */
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
