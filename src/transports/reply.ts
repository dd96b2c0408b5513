import type { ServerResponse } from 'node:http';
import type { Frame, Outlet } from '../mcp/outlet.ts';

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};
const KEEP_ALIVE_MS = 15_000;

/** One HTTP response as an outlet: a JSON body when the first frame is the last, an event stream otherwise. */
export class HttpReply implements Outlet {
  readonly #response: ServerResponse;
  readonly #queuedBytes: number;
  #streaming = false;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, queuedBytes: number) {
    this.#response = response;
    this.#queuedBytes = queuedBytes;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Starts the event stream before there is anything to say. */
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
    if (frame.bytes !== undefined) this.#event(frame.bytes);
    if (frame.last) this.close();
  }

  /** Ends whatever was begun. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    clearInterval(this.#timer);
    this.#response.end();
  }

  #body({ bytes, status = 200, sessionId }: Frame): void {
    this.#done = true;
    if (bytes === undefined) {
      // A cancelled request has no reply; a stream that ends empty is how HTTP says so.
      if (status === 200) this.#response.writeHead(200, { ...STREAM_HEADERS, 'Content-Length': 0 }).end();
      else this.#response.writeHead(status, { 'Content-Length': 0 }).end();
      return;
    }
    const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': length,
    };
    if (sessionId !== undefined) headers['Mcp-Session-Id'] = sessionId;
    this.#response.writeHead(status, headers).end(bytes);
  }

  #event(bytes: string | Buffer): void {
    if (this.#response.writableLength > this.#queuedBytes) {
      // The client does not read: what waits for it must not grow without end.
      this.#response.destroy();
      return;
    }
    this.#response.write(`event: message\ndata: ${bytes}\n\n`);
  }
}
