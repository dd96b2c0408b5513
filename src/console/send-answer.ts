import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { toJsonText } from '../core/json/exact-number.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';

/** Answers from this size on are compressed, in characters. */
const LARGE = 4_096;

/** Sends what a handler returned as JSON, with known secrets masked. */
export function sendAnswer(redactor: Redactor, request: Request, response: Response, answer: unknown): void {
  if (response.headersSent || response.destroyed) return;
  if (answer === undefined) return void response.writeHead(204).end();
  const json = wellFormedJson(toJsonText(redactor.texts(answer)));
  const send = (body: string | Buffer): void => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  response.setHeader('Vary', 'Accept-Encoding');
  if (json.length < LARGE || request.acceptsEncodings('gzip') === false) return send(json);
  gzip(json, { level: 4 }, (error, packed) => {
    if (error) return send(json);
    response.setHeader('Content-Encoding', 'gzip');
    send(packed);
  });
}
