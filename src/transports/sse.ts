import { randomBytes } from 'node:crypto';
import type { Limits } from '../config/limits.ts';
import type { Caller } from '../core/contract/caller.ts';
import { GatewayError } from '../core/errors.ts';
import type { Connection } from '../mcp/connection.ts';
import type { Engine } from '../mcp/engine.ts';
import { hasEnvelope } from '../mcp/wire/envelope.ts';
import { errorText, type Id, RPC } from '../mcp/wire/wire.ts';
import { acceptJson, accepts, readBody } from './body.ts';
import { HttpError } from './edge/http-error.ts';
import { HttpReply } from './reply.ts';
import type { Route } from './router.ts';
import { sendJson } from './send-json.ts';

interface SseSession {
  readonly caller: Caller;
  readonly connection: Connection;
  readonly reply: HttpReply;
}

/** The HTTP+SSE transport of revision 2024-11-05. The stream starts with the address to post to. */
export interface SseTransport {
  readonly stream: Route;
  readonly messages: Route;
  /** Number of pending replies. */
  pendingCount(): number;
  /** Ends the calls in flight, each with a reply. */
  interrupt(reason: string): void;
  /** Number of open streams. */
  open(): number;
  /** Ends every stream. */
  close(): void;
}

/** HTTP+SSE for older clients. Serves the legacy era only: a modern-era request gets an error. */
export function createSse(engine: Engine, limits: Limits, messagesPath: string): SseTransport {
  const sessions = new Map<string, SseSession>();

  const openOf = (principal: string): number => {
    let count = 0;
    for (const { caller } of sessions.values()) if (caller.principal === principal) count++;
    return count;
  };

  const open = (caller: Caller, reply: HttpReply): string => {
    // Open streams are in use, so none is evicted. Anonymous callers share one principal, so its limit does not apply to them.
    const isFull = caller.anonymous !== true && openOf(caller.principal) >= limits.sessionsPerPrincipal;
    if (isFull || sessions.size >= limits.sessions)
      throw new HttpError(503, 'OVERLOADED', 'Too many sessions are open.', { 'Retry-After': '10' });
    const id = randomBytes(16).toString('hex');
    const connection = engine.connect(
      caller,
      'sse',
      { write: ({ bytes }) => bytes !== undefined && reply.send(`event: message\ndata: ${bytes}\n\n`) },
      () => reply.cut(),
    );
    sessions.set(id, { caller, connection, reply });
    return id;
  };

  const find = (url: string | undefined, caller: Caller): SseSession => {
    const id = /^[^?]*\?sessionId=([0-9a-f]{32})$/.exec(url ?? '')?.[1];
    if (id === undefined) throw new HttpError(400, 'INVALID_REQUEST', 'The address must name the session: ?sessionId=…');
    const session = sessions.get(id);
    // Messages run with the stream's login, so only that login may post, not even another token of the same principal: it may be bound
    // to another profile, or be revoked earlier.
    if (!session || session.caller.principal !== caller.principal || session.caller.login !== caller.login)
      throw new HttpError(404, 'UNKNOWN_SESSION', 'The session does not exist or has ended.');
    return session;
  };

  return {
    stream: {
      GET({ request, response, caller }) {
        if (!accepts(request.headers.accept, ['text/event-stream']))
          throw new HttpError(406, 'NOT_ACCEPTABLE', 'The client does not accept an event stream.');
        const reply = new HttpReply(response, limits);
        const id = open(caller, reply);
        reply.open();
        reply.send(`event: endpoint\ndata: ${relativeTo(request.url, messagesPath)}?sessionId=${id}\n\n`);
        response.on('close', () => {
          reply.close();
          sessions.get(id)?.connection.close('the client closed its stream');
          sessions.delete(id);
        });
      },
    },
    messages: {
      POST(exchange) {
        const { request, response, caller } = exchange;
        const session = find(request.url, caller);
        acceptJson(request);
        readBody(exchange, limits.messageBytes, (body) => {
          const incoming = engine.read(body);
          if (incoming.kind === 'fault') {
            const { id, number, code, message } = incoming;
            return sendJson(response, 400, errorText(id, number, message, new GatewayError(code, message).toObject()));
          }
          response.writeHead(202, { 'Content-Length': 0 }).end();
          if (incoming.kind === 'request' && hasEnvelope(incoming))
            session.reply.send(`event: message\ndata: ${noSuchEra(incoming.id)}\n\n`);
          else session.connection.receive(incoming);
        });
      },
    },
    open: () => sessions.size,
    pendingCount: () => [...sessions.values()].reduce((sum, { connection }) => sum + connection.pendingCount(), 0),
    interrupt(reason) {
      for (const { connection } of sessions.values()) connection.interrupt(reason);
    },
    close() {
      for (const { connection, reply } of sessions.values()) {
        connection.close('the gateway is shutting down');
        reply.close();
      }
    },
  };
}

// Relative, since a reverse proxy may serve the gateway below a path that only the client knows.
function relativeTo(url = '', path: string): string {
  const below = url.replace(/\?.*$/s, '').split('/').length - path.split('/').length;
  return '../'.repeat(below) + path.slice(1);
}

function noSuchEra(id: Id): string {
  const error = new GatewayError('METHOD_NOT_FOUND', 'HTTP+SSE serves only revisions with a handshake.');
  return errorText(id, RPC.method, error.message, error.toObject());
}
