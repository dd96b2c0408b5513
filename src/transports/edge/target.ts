import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Reduces an absolute request target, as proxy clients send it, to its path. The target takes precedence over the Host header
 * (RFC 9112, 3.2.2), but only Host is checked, so both must be equal.
 */
export function reduceTarget(request: IncomingMessage): void {
  const { url = '' } = request;
  if (url.startsWith('/')) return;
  const [, authority, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined) return;
  if (authority.toLowerCase() !== request.headers.host?.toLowerCase())
    throw new HttpError(400, 'HOST_REFUSED', 'The request target and the Host header name different hosts.');
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}
