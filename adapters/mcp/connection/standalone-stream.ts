import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent } from './event-reader.ts';

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** A connection that lasted this long resets the reconnect delay. */
const CALM_MS = 10_000;

/** How to open and read the standalone GET stream of a session. */
export interface StandaloneParts {
  /** Opens it. `after`: id of the last received event. */
  open(after: string | undefined): Promise<Response>;
  /** Returns a transform that extracts the messages of one connection. `noted` receives each event. */
  read(noted: (event: ServerEvent) => void): TransformStream<Uint8Array, Uint8Array>;
  /** Called when one of its connections ends. */
  ended(): void;
  readonly signal: AbortSignal | undefined;
}

/** The standalone stream and its position. */
export interface StandaloneStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Id of the last received event. */
  after(): string | undefined;
}

/**
 * Joins the successive connections of a standalone stream into one body. Reconnects without limit after the last received
 * event, and ends when the server responds that it has no such stream. `first`: a connection that is already open.
 */
export function keepStandalone(first: Response | undefined, { open, read, ended, signal }: StandaloneParts): StandaloneStream {
  let after: string | undefined;

  const reopen = async (pauseMs: number): Promise<Response | undefined> => {
    for (let ms = pauseMs; ; ms = Math.min(2 * ms, MAX_PAUSE_MS)) {
      await sleep(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
      const response = await open(after).catch(() => undefined);
      if (response && isStream(response)) return response;
      await response?.body?.cancel().catch(() => undefined);
      ended();
      if (response && !isPassing(response)) return undefined;
    }
  };

  async function* join(): AsyncGenerator<Uint8Array> {
    let response = first;
    let wishedMs = FIRST_PAUSE_MS;
    let pauseMs = 0;
    const noted = ({ id, retry }: ServerEvent): void => {
      if (id !== undefined && id !== '') after = id;
      if (retry !== undefined && /^\d+$/.test(retry)) wishedMs = Math.min(Math.max(Number(retry), FIRST_PAUSE_MS / 2), MAX_PAUSE_MS);
    };
    for (;;) {
      const since = performance.now();
      try {
        if (response?.body) yield* response.body.pipeThrough(read(noted));
      } catch {
        // The loop reconnects.
      }
      ended();
      if (signal?.aborted) return;
      // Some servers end each stream immediately, so the delay doubles.
      pauseMs = performance.now() - since < CALM_MS ? Math.min(Math.max(wishedMs, 2 * pauseMs), MAX_PAUSE_MS) : wishedMs;
      response = await reopen(pauseMs).catch(() => undefined);
      if (!response) return;
    }
  }

  const chunks = join();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return { body, after: () => after };
}

/** Whether a response is an SSE stream. */
export function isStream({ ok, body, headers }: Response): boolean {
  return ok && body !== null && /^text\/event-stream\b/i.test(headers.get('content-type')?.trim() ?? '');
}

/** Whether an error status is temporary and unrelated to the stream. */
export function isPassing({ status }: Response): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}
