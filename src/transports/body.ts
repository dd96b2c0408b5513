import type { IncomingMessage } from 'node:http';
import { HttpError } from './edge/http-error.ts';
import { namesOtherCharset, readMediaType } from './edge/media-type.ts';
import { unauthenticated } from './login/challenge.ts';
import type { Exchange } from './router.ts';

/** Rejects a request whose body is not JSON in UTF-8. */
export function acceptJson(request: IncomingMessage): void {
  if (readMediaType(request.headers['content-type']) === 'other') throw unsupported('The body must be application/json.');
  checkEncoding(request);
}

/** Rejects a body that is compressed or has a charset other than UTF-8. */
export function checkEncoding({ headers }: IncomingMessage): void {
  if (namesOtherCharset(headers['content-type'])) throw unsupported('The charset of the body must be UTF-8.');
  // The size of a compressed body says nothing about the size of its content.
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw unsupported('Compressed bodies are not supported.');
}

function unsupported(message: string): HttpError {
  return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
}

/** Reads a request's body, at most `limit` bytes. A larger one is rejected, and the rest of it discarded. */
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

/** Whether a client accepts one of several media types. True without an Accept header. */
export function accepts(accept: string | undefined, kinds: readonly string[]): boolean {
  if (accept === undefined) return true;
  return kinds.some((kind) => accept.includes(kind)) || accept.includes('*/*') || accept.includes('application/*');
}
