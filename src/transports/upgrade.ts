import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

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
  setImmediate(() => server.emit('connection', socket));
}
