import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Config } from '../config/config.ts';
import { HttpError } from '../transports/edge/http-error.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = new Map([
  ['Content-Security-Policy', POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
]);

/** Sets the headers of every answer of the console. */
export const setHeaders: RequestHandler = (_request, response, next) => {
  response.setHeaders(HEADERS);
  next();
};

/**
 * Rejects a request from a web page of another origin, even one that may use MCP. The router has checked Host, so that no name
 * of a stranger leads here.
 */
export function checkOrigin({ headers, socket }: IncomingMessage, { listen }: Pick<Config, 'listen'>): void {
  const { origin, host = '' } = headers;
  if (origin === undefined || origin.toLowerCase() === `${'encrypted' in socket ? 'https' : 'http'}://${host.toLowerCase()}`) return;
  if (listen.public !== undefined && origin === new URL(listen.public).origin) return;
  throw new HttpError(403, 'ORIGIN_REFUSED', 'Only the console itself may send requests to the console.');
}
