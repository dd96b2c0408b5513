import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Answers a request with a JSON text of known length. */
export function sendJson(response: ServerResponse, status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers }).end(text);
}
