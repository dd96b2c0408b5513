import type { IncomingMessage, ServerResponse } from 'node:http';

/** Serves what no route of the router takes. Host and Origin were checked before. */
export interface FallThrough {
  /** Whether it serves a path. */
  takes(path: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Ends what belongs to logins that were revoked. */
  checkLogins(): void;
  close(): void;
}
