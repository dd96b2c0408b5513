import type { Frame, Outlet } from '../wire/outlet.ts';

const MAX_EVENTS = 200;
const MAX_BYTES = 1024 * 1024;
const RETRY_MS = 500;
/** A client that can resume is back within this time. */
const BACK_MS = 5_000;

interface StoredEvent {
  readonly number: number;
  readonly frame: Frame;
  readonly size: number;
}

/**
 * One stream of a legacy session: the reply to a request, or the standalone stream. Its events are numbered and the latest
 * ones stored, so that a client that lost its connection can resume with `Last-Event-ID`.
 */
export class SessionStream implements Outlet {
  readonly #keep: (stream: SessionStream) => string;
  readonly #priming: boolean;
  #outlet: Outlet | undefined;
  #events: StoredEvent[] = [];
  #bytes = 0;
  #last = 0;
  #id = '';
  #started = false;
  #ended = false;
  #onLost: (() => void)[] = [];

  /**
   * `priming`: the client supports a first event that only carries the id to resume with. `keep` is called when the stream
   * begins, and returns its name.
   */
  constructor(outlet: Outlet, priming: boolean, keep: (stream: SessionStream) => string) {
    this.#outlet = outlet;
    this.#priming = priming;
    this.#keep = keep;
  }

  /** Whether the last frame was written. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a client is connected to it. */
  get held(): boolean {
    return this.#outlet !== undefined;
  }

  get hasStatus(): boolean {
    return !this.#started && this.#outlet?.hasStatus === true;
  }

  write(frame: Frame): void {
    if (!this.#started && frame.last) {
      this.#ended = true;
      if (this.#outlet) return this.#outlet.write(frame);
      // The client disconnected before the stream began, so the reply is stored as its only event.
    }
    this.open();
    if (frame.bytes !== undefined) this.#send(frame);
    else if (frame.last) this.#outlet?.write(frame);
    if (frame.last) this.#ended = true;
  }

  /** Starts the stream before its first message. */
  open(): void {
    if (this.#started) return;
    this.#started = true;
    this.#id = this.#keep(this);
    this.#prime();
  }

  /** Closes the client's response, if the client can resume the stream. */
  detach(): void {
    if (!this.#priming) return;
    this.open();
    this.#outlet?.write({ last: true });
    this.#outlet = undefined;
  }

  /** The client disconnected: further events are only stored. */
  lost(outlet: Outlet): void {
    if (this.#outlet !== outlet) return;
    this.#outlet = undefined;
    if (this.#onLost.length === 0) return;
    // A client without an event id cannot resume.
    if (this.#priming && this.#started) setTimeout(() => this.#notifyLost(), BACK_MS).unref();
    else this.#notifyLost();
  }

  onLost(listener: () => void): void {
    this.#onLost.push(listener);
  }

  #notifyLost(): void {
    if (this.held || this.#ended) return;
    for (const listener of this.#onLost) listener();
  }

  /** Connects a client that resumes: it gets the stored events after `after`, and what follows. */
  resume(outlet: Outlet, after: number): void {
    this.#outlet?.write({ last: true });
    this.#outlet = outlet;
    for (const { number, frame } of this.#events) if (number > after) outlet.write(frame);
    if (this.#ended) outlet.write({ last: true });
  }

  /** Connects a new client: it gets what follows. The numbers continue, so that event ids stay unique. */
  replace(outlet: Outlet): void {
    this.#outlet?.write({ last: true });
    this.#outlet = outlet;
    this.#prime();
  }

  #prime(): void {
    if (this.#priming) this.#outlet?.write({ bytes: '', last: false, event: { id: this.#name(this.#last), retryMs: RETRY_MS } });
  }

  #send(frame: Frame): void {
    const number = ++this.#last;
    const stored: Frame = { ...frame, event: { id: this.#name(number) } };
    const size = frame.bytes?.length ?? 0;
    this.#events.push({ number, frame: stored, size });
    this.#bytes += size;
    while (this.#events.length > MAX_EVENTS || (this.#bytes > MAX_BYTES && this.#events.length > 1))
      this.#bytes -= this.#events.shift()?.size ?? 0;
    this.#outlet?.write(stored);
  }

  #name(number: number): string {
    return `${this.#id}-${number}`;
  }
}

/** Splits an event id into stream name and number; undefined if it is not one of ours. */
export function parseEventId(text: string): { readonly stream: string; readonly number: number } | undefined {
  const match = /^([a-z0-9]{1,16})-(\d{1,12})$/.exec(text);
  return match ? { stream: match[1] as string, number: Number(match[2]) } : undefined;
}
