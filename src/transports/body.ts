import type { IncomingMessage } from 'node:http';
import { Refusal } from './edge.ts';

/** Reads a request's body. Stops at `limit` bytes; compressed bodies are refused, since their size says nothing. */
export function readBody(request: IncomingMessage, limit: number, then: (body: Buffer) => void, refuse: (refusal: Refusal) => void): void {
  const { headers } = request;
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    return refuse(new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not taken.'));
  }
  const tooLarge = () => new Refusal(413, 'MESSAGE_TOO_LARGE', `The body is larger than ${limit} bytes.`, { Connection: 'close' });
  if (Number(headers['content-length'] ?? 0) > limit) return refuse(tooLarge());
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
    if (!over) then(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
  });
}

/** Whether a content type is JSON. */
export function isJsonType(type: string | undefined): boolean {
  return type !== undefined && /^application\/json\s*(;|$)/i.test(type);
}

/** Whether a client takes both kinds of reply; none named, or anything at all, counts as yes. */
export function accepts(accept: string | undefined, kinds: readonly string[]): boolean {
  if (accept === undefined) return true;
  return kinds.some((kind) => accept.includes(kind)) || accept.includes('*/*') || accept.includes('application/*');
}
