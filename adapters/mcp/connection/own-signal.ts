import { setMaxListeners } from 'node:events';

/** An abort signal for one request, and the function that detaches it. */
export interface OwnSignal {
  readonly signal: AbortSignal | undefined;
  /** Detaches the signal when the request ends. May be called repeatedly. */
  release(): void;
}

/**
 * Returns a signal that follows another one until it is released. `fetch` keeps its listeners until garbage collection, so
 * the signal of a long-lived connection would collect one listener per request.
 */
export function followSignal(signal: AbortSignal | null | undefined): OwnSignal {
  if (!signal) return { signal: undefined, release: () => undefined };
  const own = new AbortController();
  const follow = (): void => own.abort(signal.reason);
  if (signal.aborted) follow();
  else {
    // One listener per request in flight; Node would warn about the eleventh.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', follow, { once: true });
  }
  return { signal: own.signal, release: () => signal.removeEventListener('abort', follow) };
}
