import type { Outlet } from '../wire/outlet.ts';
import { parseEventId, SessionStream } from './session-stream.ts';

/** Streams that are kept for clients that resume. */
const MAX_KEPT = 16;
const STANDALONE = 's';

/** The streams of one legacy session, by the name in their event ids. */
export class SessionStreams {
  readonly #streams = new Map<string, SessionStream>();
  #last = 0;

  /** A stream for the reply to one request; it is kept only once it streams. */
  create(outlet: Outlet, priming: boolean): SessionStream {
    return new SessionStream(outlet, priming, (stream) => this.#keep(stream));
  }

  // The oldest ended streams are evicted first.
  #keep(stream: SessionStream): string {
    for (const [id, other] of this.#streams) {
      if (this.#streams.size < MAX_KEPT) break;
      if (other.ended && id !== STANDALONE) this.#streams.delete(id);
    }
    const id = `r${(++this.#last).toString(36)}`;
    this.#streams.set(id, stream);
    return id;
  }

  /** The standalone stream, if a client has opened it. */
  get standalone(): SessionStream | undefined {
    return this.#streams.get(STANDALONE);
  }

  /** Opens the standalone stream, or connects it to the newest client; `after`: the last event that this client received. */
  openStandalone(outlet: Outlet, priming: boolean, after?: number): SessionStream {
    const existing = this.standalone;
    if (existing) {
      if (after === undefined) existing.replace(outlet);
      else existing.resume(outlet, after);
      return existing;
    }
    const stream = new SessionStream(outlet, priming, () => STANDALONE);
    this.#streams.set(STANDALONE, stream);
    stream.open();
    return stream;
  }

  /** The stream and event that a `Last-Event-ID` names. Null if the id is malformed. */
  find(lastEventId: string): { readonly id: string; readonly stream: SessionStream | undefined; readonly after: number } | null {
    const named = parseEventId(lastEventId);
    return named ? { id: named.stream, stream: this.#streams.get(named.stream), after: named.number } : null;
  }

  /** Whether a name is that of the standalone stream. */
  isStandalone(id: string): boolean {
    return id === STANDALONE;
  }
}
