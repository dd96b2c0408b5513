import type { IncomingMessage } from 'node:http';
import { HttpError, unauthenticated } from './edge/edge.ts';
import { namesOtherCharset, readMediaType } from './edge/media-type.ts';
import type { Exchange } from './router.ts';

/** Refuses a request whose body is not JSON in UTF-8. */
export function acceptJson(request: IncomingMessage): void {
  if (readMediaType(request.headers['content-type']) === 'other') throw unsupported('The body must be application/json.');
  checkEncoding(request);
}

/** Refuses a body that is compressed or in another charset than UTF-8. */
export function checkEncoding({ headers }: IncomingMessage): void {
  if (namesOtherCharset(headers['content-type'])) throw unsupported('The charset of the body must be UTF-8.');
  // Compressed bodies say nothing about their size.
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw unsupported('Compressed bodies are not taken.');
}

function unsupported(message: string): HttpError {
  return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
}

/** Reads a request's body, at most `limit` bytes; over that the request is refused and no more of it kept. */
export function readBody({ request, caller, isRevoked, refuse }: Exchange, limit: number, then: (body: Buffer) => void): void {
  const tooLarge = () => new HttpError(413, 'MESSAGE_TOO_LARGE', `The body is larger than ${limit} bytes.`, { Connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > limit) return refuse(tooLarge());
  const parts: Buffer[] = [];
  let size = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > limit) {
      over = true;
      parts.length = 0;
      refuse(tooLarge());
    } else parts.push(chunk);
  });
  request.on('end', () => {
    if (over) return;
    if (isRevoked(caller)) return refuse(unauthenticated());
    try {
      then(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    } catch (error) {
      refuse(error);
    }
  });
}

/** Whether a client takes one of several kinds of reply; none named, or anything at all, counts as yes. */
export function accepts(accept: string | undefined, kinds: readonly string[]): boolean {
  if (accept === undefined) return true;
  return kinds.some((kind) => accept.includes(kind)) || accept.includes('*/*') || accept.includes('application/*');
}
