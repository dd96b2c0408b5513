import type { IncomingMessage } from 'node:http';
import { HttpError } from './edge.ts';

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Cuts an absolute request target, as clients of a proxy send it, to its path. It counts before the Host header
 * (RFC 9112, 3.2.2), so both must be the same host: that one is checked.
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
