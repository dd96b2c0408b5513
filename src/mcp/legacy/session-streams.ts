import type { Outlet } from '../wire/outlet.ts';
import { parseEventId, SessionStream } from './session-stream.ts';

/** Ended streams that are kept for clients that come back. */
const MAX_KEPT = 16;
const STANDING = 's';

/** The streams of one legacy session, by the name in their event ids. */
export class SessionStreams {
  readonly #streams = new Map<string, SessionStream>();
  #last = 0;

  /** A stream for the reply to one request; it is kept only once it streams. */
  create(outlet: Outlet, priming: boolean): SessionStream {
    return new SessionStream(outlet, priming, (stream) => this.#keep(stream));
  }

  // The oldest of those that ended go first.
  #keep(stream: SessionStream): string {
    for (const [id, other] of this.#streams) {
      if (this.#streams.size < MAX_KEPT) break;
      if (other.ended && id !== STANDING) this.#streams.delete(id);
    }
    const id = `r${(++this.#last).toString(36)}`;
    this.#streams.set(id, stream);
    return id;
  }

  /** The standing stream, where a client has opened it before. */
  get standing(): SessionStream | undefined {
    return this.#streams.get(STANDING);
  }

  /** Opens the standing stream, or hands it to the newest client; `after`: the last event that this one received. */
  stand(outlet: Outlet, priming: boolean, after?: number): SessionStream {
    const existing = this.standing;
    if (existing) {
      if (after === undefined) existing.replace(outlet);
      else existing.resume(outlet, after);
      return existing;
    }
    const stream = new SessionStream(outlet, priming, () => STANDING);
    this.#streams.set(STANDING, stream);
    stream.open();
    return stream;
  }

  /** What a `Last-Event-ID` asks for: a stream of ours and the event after which to go on. Null: it makes no sense. */
  find(lastEventId: string): { readonly id: string; readonly stream: SessionStream | undefined; readonly after: number } | null {
    const named = parseEventId(lastEventId);
    return named ? { id: named.stream, stream: this.#streams.get(named.stream), after: named.number } : null;
  }

  /** Whether a name is that of the standing stream. */
  isStanding(id: string): boolean {
    return id === STANDING;
  }
}
