import { setMaxListeners } from 'node:events';

/** A signal for one request, and what ends its tie to the one it follows. */
export interface OwnSignal {
  readonly signal: AbortSignal | undefined;
  /** The request is over; harmless when it is said again. */
  release(): void;
}

/**
 * A signal that fires with another one until it is released. What `fetch` adds to a signal stays until garbage
 * collection, so the signal of a long-lived connection would collect one listener per request.
 */
export function followSignal(signal: AbortSignal | null | undefined): OwnSignal {
  if (!signal) return { signal: undefined, release: () => undefined };
  const own = new AbortController();
  const follow = (): void => own.abort(signal.reason);
  if (signal.aborted) follow();
  else {
    // As many as there are requests under way; Node would warn of the eleventh.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', follow, { once: true });
  }
  return { signal: own.signal, release: () => signal.removeEventListener('abort', follow) };
}
