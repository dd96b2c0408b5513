/** One message to a client. Over HTTP a single frame becomes a JSON body; several become an event stream. */
export interface Frame {
  /** Absent if an exchange ends without a reply, after a cancellation. */
  readonly bytes?: string | Buffer;
  readonly last: boolean;
  /** HTTP status; default 200. */
  readonly status?: number;
  /** The `Allow` header, with status 405. */
  readonly allow?: string;
  /** With status 403: all scopes that the call needs, and whose login lacks one. */
  readonly challenge?: MissingScopes | undefined;
  /** When a rejected client may retry. */
  readonly retryAfterMs?: number;
  /** The event id in a resumable stream, and the delay before reconnecting. */
  readonly event?: { readonly id: string; readonly retryMs?: number };
  /** Set on the reply that opens a session. */
  readonly sessionId?: string;
}

/** The scopes of a call that its caller lacks one of. */
export interface MissingScopes {
  readonly error: 'insufficient_scope';
  readonly scopes: readonly string[];
  readonly principal: string;
}

/** Receives the frames of one exchange, stream or connection. */
export interface Outlet {
  write(frame: Frame): void;
  /** Whether the next frame, if it is the last one, can still have an HTTP status. Absent: there is none. */
  readonly hasStatus?: boolean;
  /** Closes the response stream if the client can resume it. */
  detach?(): void;
  /** Calls the listener when the client has disconnected, unless it resumes soon. Absent if that cancels the request anyway. */
  onLost?(listener: () => void): void;
}

/** The headers of an HTTP request, with names in lower case. */
export type HeaderView = Readonly<Record<string, string | string[] | undefined>>;

/** The value of a header; undefined if it is missing or duplicated. */
export function singleHeader(headers: HeaderView, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}
