import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

const MAX_HEADERS = 100;

/** Rejects a request that has too many headers, or an unsupported Expect or Transfer-Encoding. */
export function checkHeaders({ rawHeaders, headers }: IncomingMessage): void {
  // Names and values alternate. Repeated names count each time, so every header is checked.
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    throw new HttpError(431, 'INVALID_REQUEST', `The request has more than ${MAX_HEADERS} headers.`, { Connection: 'close' });
  }
  const { expect, 'transfer-encoding': coding } = headers;
  if (expect !== undefined && !isContinue(expect)) {
    throw new HttpError(417, 'INVALID_REQUEST', 'The only supported expectation is "100-continue".', { Connection: 'close' });
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw new HttpError(400, 'INVALID_REQUEST', 'The only supported transfer coding is "chunked".', { Connection: 'close' });
  }
}

/** Whether a client waits for "100 Continue", and for nothing else, before it sends the body. */
export function isContinue(expect: string | undefined): boolean {
  return expect?.toLowerCase() === '100-continue';
}
