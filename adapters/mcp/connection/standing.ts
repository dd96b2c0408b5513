import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent } from './event-reader.ts';

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** A connection that held so long was a good one. */
const CALM_MS = 10_000;

/** What the standing stream of a session is made of. */
export interface StandingParts {
  /** Opens it; `after` is the last event that was received. */
  open(after: string | undefined): Promise<Response>;
  /** Takes the messages out of one of its connections; `noted` hears of each event. */
  read(noted: (event: ServerEvent) => void): TransformStream<Uint8Array, Uint8Array>;
  /** One of its connections is over. */
  ended(): void;
  readonly signal: AbortSignal | undefined;
}

/** The standing stream, and where it has got to. */
export interface Standing {
  readonly body: ReadableStream<Uint8Array>;
  /** The last event that was received. */
  after(): string | undefined;
}

/**
 * Joins the connections of a standing stream into one body: one that breaks is opened again where it left off, however often
 * and however long that takes. It ends where the server says that there is no such stream any more. `first`: the connection
 * there is already.
 */
export function keepStanding(first: Response | undefined, { open, read, ended, signal }: StandingParts): Standing {
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
        // What broke off is opened again.
      }
      ended();
      if (signal?.aborted) return;
      // Some servers end a stream at once, each time.
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

/** Whether an answer is a stream of events. */
export function isStream({ ok, body, headers }: Response): boolean {
  return ok && body !== null && /^text\/event-stream\b/i.test(headers.get('content-type')?.trim() ?? '');
}

/** Whether a refusal says nothing of the stream itself. */
export function isPassing({ status }: Response): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}
