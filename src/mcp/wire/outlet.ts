/** One message on its way to a client. Over HTTP the first frame is a JSON body when it is also the last, else a stream. */
export interface Frame {
  /** Absent where an exchange ends without a reply, after a cancellation. */
  readonly bytes?: string | Buffer;
  readonly last: boolean;
  /** HTTP status; 200 where absent. */
  readonly status?: number;
  /** The HTTP methods that the address has, with status 405. */
  readonly allow?: string;
  /** How long to wait before another try, with a refusal. */
  readonly retryAfterMs?: number;
  /** Where the frame stands in a stream that can be resumed, and how soon to come back for more. */
  readonly event?: { readonly id: string; readonly retryMs?: number };
  /** Set on the reply that opens a session. */
  readonly sessionId?: string;
}

/** Where the frames of one exchange, one stream or one connection go. */
export interface Outlet {
  write(frame: Frame): void;
  /** Closes the client's end where it can come back for what follows. */
  detach?(): void;
}

/** What the protocol needs of an HTTP request besides its body. Names are lower case. */
export type HeaderView = Readonly<Record<string, string | string[] | undefined>>;

/** A header that must stand alone; undefined where it is absent or stands more than once. */
export function singleHeader(headers: HeaderView, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}
