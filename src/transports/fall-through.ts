import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError } from './edge/http-error.ts';
import { sendRaw } from './raw-reply.ts';

/** Serves what no route of the router takes. Host and Origin were checked before. */
export interface FallThrough {
  /** Whether it serves a path. */
  takes(path: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Whether it takes upgrades to a path. */
  upgrades(path: string): boolean;
  /** Takes an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether it was used since the last question, or a page is open. */
  isUsed(): boolean;
  /** Ends what belongs to logins that were revoked. */
  checkLogins(): void;
  close(): void;
}

/** Answers an upgrade request with an error, in JSON. */
export function refuseUpgrade(socket: Duplex, thrown: unknown): void {
  const error = thrown instanceof HttpError ? thrown : new HttpError(500, 'INTERNAL', 'The gateway failed on this request.');
  sendRaw(socket, error.status, JSON.stringify({ error: error.toObject() }), error.headers);
}
