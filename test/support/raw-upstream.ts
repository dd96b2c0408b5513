import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from './http-server.ts';
import type { AtEnd } from './temp.ts';

/** A request or notification as received. */
export interface RawMessage {
  readonly id?: number | string;
  readonly method: string;
  readonly params: Record<string, unknown> & { readonly name?: string; readonly uri?: string; readonly cursor?: string };
}

/** The reply of a raw server: a result, an error, or undefined if the handler wrote the response itself. */
export type RawAnswer = object | { readonly error: { readonly code: number; readonly message: string } } | undefined;

/** A Streamable HTTP server without a library, to send what no library would send. */
export interface RawUpstream {
  readonly url: string;
  /** Received methods in order; GET and DELETE are included by name. */
  readonly seen: string[];
  readonly messages: RawMessage[];
  /** Open standalone streams. */
  readonly streams: Set<ServerResponse>;
  /** Answers everything with HTTP 500. */
  refuse: boolean;
  /** Forgets every session. */
  forget(): void;
  count(method: string): number;
}

interface RawOptions {
  readonly capabilities?: object;
  readonly init?: object;
  readonly session?: boolean;
  /** When it ends. Default: with the test. */
  readonly atEnd?: AtEnd;
  /** Handles a GET; if it returns false, a standalone stream is opened. */
  readonly get?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** The text of a result. */
export const textOf = (text: string) => ({ content: [{ type: 'text', text }] });
/** A tool without arguments. */
export const toolOf = (name: string, more: object = {}) => ({ name, description: name, inputSchema: { type: 'object' }, ...more });

/** Starts one; `on` answers everything except the handshake. Without a reply, the method is not found. */
export async function rawUpstream(
  on: (message: RawMessage, response: ServerResponse) => RawAnswer | Promise<RawAnswer>,
  { capabilities = { tools: {} }, init = {}, session = true, get, atEnd }: RawOptions = {},
): Promise<RawUpstream> {
  const seen: string[] = [];
  const messages: RawMessage[] = [];
  const streams = new Set<ServerResponse>();
  let current = 0;
  let raw: RawUpstream | undefined;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const own = `s${current}`;
    if (raw?.refuse) return void response.writeHead(500).end();
    if (request.method !== 'POST') seen.push(request.method ?? '');
    if (request.method === 'DELETE') return void response.writeHead(200).end();
    if (request.method === 'GET') {
      if (get?.(request, response)) return;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(response);
      return void response.on('close', () => streams.delete(response));
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const message = { params: {}, ...JSON.parse(body) } as RawMessage;
    seen.push(message.method);
    messages.push(message);
    if (session && message.method !== 'initialize' && request.headers['mcp-session-id'] !== own) return void response.writeHead(404).end();
    if (message.id === undefined) return void response.writeHead(202).end();
    const hello = { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'raw', version: '1' }, ...init };
    const answer = message.method === 'initialize' ? hello : await on(message, response);
    if (response.headersSent || response.destroyed) return;
    const wrong = answer ?? { error: { code: -32601, message: 'Method not found' } };
    const reply = { jsonrpc: '2.0', id: message.id, ...('error' in wrong ? { error: wrong.error } : { result: wrong }) };
    const head = { 'content-type': 'application/json', ...(session ? { 'mcp-session-id': own } : {}) };
    response.writeHead(200, head).end(JSON.stringify(reply));
  };
  const origin = await listen((request, response) => void serve(request, response), atEnd);
  raw = {
    url: `${origin}/mcp`,
    refuse: false,
    seen,
    messages,
    streams,
    forget: () => void current++,
    count: (method) => seen.filter((other) => other === method).length,
  };
  return raw;
}

/** Sends a notification on every standalone stream. */
export function notifyAll({ streams }: RawUpstream, method: string, params: object = {}): void {
  for (const stream of streams) stream.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method, params })}\n\n`);
}
