import type { WebSocket } from 'ws';
import type { Session } from '../sessions.ts';

const FLUSH_MS = 250;
const MAX_UNSENT = 1024 * 1024;
/** How long a page may be this far behind before its socket is closed. */
const MAX_BEHIND_MS = 10_000;
const MAX_CALLS = 200;
const MAX_PER_SECOND = 20;
const PING_MS = 30_000;
/** A page that has not answered a ping for this long is gone. */
const SILENT_MS = 45_000;
/** How long a page may take to answer the close frame. */
const CUT_MS = 500;

/** Close codes: those of the protocol, and one for a login that is missing or has ended. */
export const CLOSE = { goingAway: 1001, policy: 1008, tryLater: 1013, login: 4401 } as const;

/** What may be left out for a page that does not keep up. */
export type Droppable = 'call' | 'log';

interface Queued {
  readonly text: string;
  readonly droppable: Droppable | undefined;
}

/** The socket of one page. Messages are JSON texts, sent as arrays at most every 250 ms. */
export class PageSocket {
  readonly socket: WebSocket;
  /** Set by the login. */
  session: Session | undefined;
  /** The topics that it wants. */
  wanted: ReadonlySet<string> = new Set();
  #queue: Queued[] = [];
  #queued = 0;
  #calls = 0;
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushed = Number.NEGATIVE_INFINITY;
  #behindSince: number | undefined;
  #pinged = performance.now();
  #alive = performance.now();
  #second = { at: 0, count: 0 };

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('pong', () => {
      this.#alive = performance.now();
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Queues a message. */
  send(text: string, droppable?: Droppable): void {
    if (!this.isOpen) return;
    const isFull = this.#queued + this.socket.bufferedAmount > MAX_UNSENT;
    if (droppable && (isFull || (droppable === 'call' && this.#calls >= MAX_CALLS))) {
      if (droppable === 'call') this.#skipped++;
    } else {
      if (droppable === 'call') this.#calls++;
      this.#queue.push({ text, droppable });
      this.#queued += text.length;
    }
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#flushed + FLUSH_MS - performance.now())).unref();
  }

  /** Sends what is queued. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isOpen) return;
    this.#checkBehind();
    const texts = this.#queue.map(({ text }) => text);
    if (this.#skipped > 0) texts.push(`{"type":"calls.skipped","n":${this.#skipped}}`);
    this.#queue = [];
    this.#queued = 0;
    this.#calls = 0;
    this.#skipped = 0;
    this.#flushed = performance.now();
    if (texts.length > 0 && this.isOpen) this.socket.send(`[${texts.join(',')}]`);
  }

  /** Whether a message that has just arrived is one too many of its second. */
  isFlooding(): boolean {
    const now = performance.now();
    if (now - this.#second.at >= 1_000) this.#second = { at: now, count: 0 };
    return ++this.#second.count > MAX_PER_SECOND;
  }

  /** Pings from time to time, and ends a socket whose page is gone. */
  checkAlive(): void {
    const now = performance.now();
    // No close handshake: such a page would not answer it either.
    if (now - this.#alive > PING_MS + SILENT_MS) return this.socket.terminate();
    if (now - this.#pinged < PING_MS || !this.isOpen) return;
    this.#pinged = now;
    this.socket.ping();
  }

  /** Says why, and closes. */
  end(code: number, why: string): void {
    clearTimeout(this.#timer);
    if (this.isOpen && this.session) {
      this.send(JSON.stringify({ type: 'bye', why }));
      this.flush();
    }
    this.socket.close(code, why);
    setTimeout(() => this.socket.terminate(), CUT_MS).unref();
  }

  #checkBehind(): void {
    if (this.socket.bufferedAmount <= MAX_UNSENT) {
      this.#behindSince = undefined;
      return;
    }
    this.#behindSince ??= performance.now();
    this.#queue = this.#queue.filter(({ droppable }) => !droppable);
    const unsent = this.#queue.reduce((sum, { text }) => sum + text.length, this.socket.bufferedAmount);
    if (unsent <= 2 * MAX_UNSENT && performance.now() - this.#behindSince < MAX_BEHIND_MS) return;
    this.#queue = [];
    this.socket.close(CLOSE.tryLater, 'the page does not keep up');
    this.socket.terminate();
  }
}
