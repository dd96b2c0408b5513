import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError } from './edge/http-error.ts';

/** The only standardized version of WebSocket. */
const VERSION = '13';
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Whether a request offers to upgrade to WebSocket. */
export function offersWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '')
    .toLowerCase()
    .split(',')
    .some((protocol) => protocol.trim() === 'websocket');
}

const LEFT_OUT: ReadonlySet<string> = new Set(['upgrade', 'http2-settings', 'connection']);

/**
 * Serves a request that offers another upgrade, such as HTTP/2 without TLS, as an ordinary request. Node's parser stopped after
 * the headers, so the server gets them again without the offer. The connection closes after the response.
 */
export function serveAsIs(server: Server, { method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, 'Connection: close'];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!LEFT_OUT.has((rawHeaders[i] as string).toLowerCase())) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  if (head.length > 0) socket.unshift(head);
  socket.unshift(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  // The old parser stays attached until the end of this turn of the event loop.
  socket.on('error', () => undefined);
  setImmediate(() => server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket));
}

/** Rejects an upgrade request that does not open a WebSocket, or only under other subprotocols. */
export function checkUpgrade({ method, headers }: IncomingMessage, subprotocol: string): void {
  if (method !== 'GET') throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${method} does not open a WebSocket.`, { Allow: 'GET' });
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new HttpError(426, 'INVALID_REQUEST', 'This address upgrades to "websocket" only.', { Upgrade: 'websocket' });
  }
  if (headers['sec-websocket-version'] !== VERSION) {
    throw new HttpError(426, 'INVALID_REQUEST', `Only WebSocket version ${VERSION} is supported.`, { 'Sec-WebSocket-Version': VERSION });
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) throw new HttpError(400, 'INVALID_REQUEST', 'The Sec-WebSocket-Key is not valid.');
  const offered = headers['sec-websocket-protocol'];
  if (offered !== undefined && !offered.split(',').some((name) => name.trim() === subprotocol)) {
    throw new HttpError(400, 'INVALID_REQUEST', `Only the subprotocol "${subprotocol}" is supported.`);
  }
}
