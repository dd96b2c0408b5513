import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { wellFormedJson } from '../core/text/well-formed.ts';

/** Answers a request with a JSON text and its length. */
export function sendJson(response: ServerResponse, status: number, json: string, headers: OutgoingHttpHeaders = {}): void {
  const text = wellFormedJson(json);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers }).end(text);
}
