import type { ServerResponse } from 'node:http';
import type { Frame, Outlet } from '../mcp/wire/outlet.ts';
import type { Edge } from './edge/edge.ts';
import type { Challenge } from './login/challenge.ts';

const STREAM_HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };
const KEEP_ALIVE_MS = 15_000;
/** How long a client may take to read the end of its stream before the connection is cut. */
const CUT_MS = 500;

const EXPIRED: Challenge = { error: 'invalid_token', scopes: ['use'] };

/** Limits of a reply. Read for each event, since a stream may outlive reloads of the configuration. */
export interface ReplyLimits {
  readonly queuedBytes: number;
}

/** One HTTP response as an outlet: a JSON body when the first frame is the last, an event stream otherwise. */
export class HttpReply implements Outlet {
  readonly #response: ServerResponse;
  readonly #limits: ReplyLimits;
  readonly #logins: Pick<Edge, 'challenge'> | undefined;
  #queue = '';
  #streaming = false;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  /** `logins` tells clients how to log in with other rights. */
  constructor(response: ServerResponse, limits: ReplyLimits, logins?: Pick<Edge, 'challenge'>) {
    this.#response = response;
    this.#limits = limits;
    this.#logins = logins;
  }

  get hasStatus(): boolean {
    return !this.#streaming && !this.#done;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Starts the event stream before the first event. */
  open(): void {
    if (this.#streaming || this.#done) return;
    this.#streaming = true;
    this.#response.writeHead(200, STREAM_HEADERS);
    this.#response.flushHeaders();
    this.#timer = setInterval(() => this.#response.write(': keep-alive\n\n'), KEEP_ALIVE_MS).unref();
  }

  write(frame: Frame): void {
    if (this.#done) return;
    if (!this.#streaming && frame.last) return this.#body(frame);
    this.open();
    if (frame.bytes !== undefined) this.send(toEvent(frame));
    if (frame.last) this.close();
  }

  /** Adds text to the stream. Events of one turn of the event loop are sent in one write. */
  send(event: string): void {
    if (this.#queue === '') setImmediate(() => this.#flush());
    this.#queue += event;
    // The queue for a client that does not read must not grow without limit.
    if (this.#queue.length + this.#response.writableLength > this.#limits.queuedBytes) this.#response.destroy();
  }

  /** Ends the response. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    clearInterval(this.#timer);
    this.#flush();
    this.#response.end();
  }

  /** Ends the response even if the client does not read. */
  cut(): void {
    this.close();
    setTimeout(() => this.#response.destroy(), CUT_MS).unref();
  }

  #flush(): void {
    const text = this.#queue;
    this.#queue = '';
    if (text !== '' && !this.#response.destroyed) this.#response.write(text);
  }

  #body({ bytes, status = 200, sessionId, allow, retryAfterMs, challenge }: Frame): void {
    this.#done = true;
    if (bytes === undefined) {
      // A cancelled request has no reply, so its HTTP response is an empty stream.
      const headers = status === 200 ? { ...STREAM_HEADERS, 'Content-Length': 0 } : { 'Content-Length': 0 };
      this.#response.writeHead(status, headers).end();
      return;
    }
    const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    const headers: Record<string, string | number> = { 'Content-Type': 'application/json', 'Content-Length': length };
    if (sessionId !== undefined) headers['Mcp-Session-Id'] = sessionId;
    const wanted = challenge ?? (status === 401 ? EXPIRED : undefined);
    if (wanted && this.#logins) headers['WWW-Authenticate'] = this.#logins.challenge(this.#response.req, wanted);
    if (allow !== undefined) headers.Allow = allow;
    if (retryAfterMs !== undefined) headers['Retry-After'] = Math.ceil(retryAfterMs / 1000);
    this.#response.writeHead(status, headers).end(bytes);
  }
}

/** A frame as a server-sent event. */
function toEvent({ bytes, event }: Frame): string {
  if (event === undefined) return `event: message\ndata: ${bytes}\n\n`;
  const retry = event.retryMs === undefined ? '' : `retry: ${event.retryMs}\n`;
  // An event that only carries an id for `Last-Event-ID` is not a message.
  return bytes === '' ? `id: ${event.id}\n${retry}data: \n\n` : `event: message\nid: ${event.id}\n${retry}data: ${bytes}\n\n`;
}
