import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';
import { formatHost } from '../config/listen.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Engine } from '../mcp/engine.ts';
import { errorText, RPC } from '../mcp/wire.ts';
import { accepts, isJsonType, readBody } from './body.ts';
import { createConnectionCap } from './connections.ts';
import { createEdge, Refusal } from './edge.ts';
import { HttpReply } from './reply.ts';

/** A listening HTTP server. */
export interface HttpTransport {
  /** Where clients connect. */
  readonly url: string;
  /** Takes no new work; settles when what is in flight has been answered, or when the time is over. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** A route: what one path does, by method. */
type Route = Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>;

const EXPOSED = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate';
const ALLOWED = 'Content-Type, Accept, Authorization, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID';

/** Serves the engine over HTTP. Rejects with PORT_IN_USE where the address is taken. */
export async function serveHttp(engine: Engine, config: Config, log: Logger): Promise<HttpTransport> {
  const { limits, listen } = config;
  const edge = createEdge(config);
  const cap = createConnectionCap(limits);
  const inFlight = new Set<ServerResponse>();
  let draining = false;

  const post = (request: IncomingMessage, response: ServerResponse): void => {
    const caller = edge.authenticate(request);
    if (!isJsonType(request.headers['content-type']))
      throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.');
    if (!accepts(request.headers.accept, ['application/json', 'text/event-stream'])) {
      throw new Refusal(406, 'NOT_ACCEPTABLE', 'The client accepts neither JSON nor an event stream.');
    }
    readBody(
      request,
      limits.messageBytes,
      (body) => {
        const reply = new HttpReply(response, limits.queuedBytes);
        const gone = engine.streamable.post(engine.read(body), request.headers, caller, reply);
        if (!reply.done) track(response, reply, gone);
      },
      (refusal) => refuse(request, response, refusal),
    );
  };

  const get = (request: IncomingMessage, response: ServerResponse): void => {
    const caller = edge.authenticate(request);
    if (!accepts(request.headers.accept, ['text/event-stream']))
      throw new Refusal(406, 'NOT_ACCEPTABLE', 'The client does not accept an event stream.');
    const reply = new HttpReply(response, limits.queuedBytes);
    const gone = engine.streamable.open(request.headers, caller, reply);
    if (reply.done) return;
    reply.open();
    response.on('close', () => {
      reply.close();
      gone();
    });
  };

  const remove = (request: IncomingMessage, response: ServerResponse): void => {
    engine.streamable.end(request.headers, edge.authenticate(request), new HttpReply(response, limits.queuedBytes));
  };

  const track = (response: ServerResponse, reply: HttpReply, gone: () => void): void => {
    inFlight.add(response);
    response.on('close', () => {
      inFlight.delete(response);
      if (!reply.done) {
        reply.close();
        gone();
      }
    });
  };

  const routes = new Map<string, Route>([['/mcp', { POST: post, GET: get, DELETE: remove }]]);

  const refuse = (request: IncomingMessage, response: ServerResponse, thrown: unknown): void => {
    if (response.headersSent) return;
    const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, 'INTERNAL', 'The gateway failed on this request.');
    if (refusal.status >= 500 && !(thrown instanceof Refusal)) log.error(toError(thrown).stack ?? String(thrown), { ref: refusal.ref });
    const body = errorText(null, refusal.status >= 500 ? RPC.internal : RPC.request, refusal.message, refusal.toObject());
    response
      .writeHead(refusal.status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        ...refusal.headers,
      })
      .end(body);
    // What the client still sends is not read any more.
    if (!request.complete) request.resume();
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      edge.checkAddress(request);
      const { origin } = request.headers;
      if (origin !== undefined) allowOrigin(response, origin);
      if (draining)
        throw new Refusal(503, 'DRAINING', 'The gateway is shutting down.', {
          'Retry-After': '5',
          Connection: 'close',
        });
      const path = (request.url ?? '').split('?', 1)[0] as string;
      const route = routes.get(path);
      if (!route) {
        edge.authenticate(request);
        throw new Refusal(404, 'NOT_FOUND', 'Nothing is served at this address.');
      }
      const method = request.method ?? '';
      if (method === 'OPTIONS' && origin !== undefined) return preflight(response, route);
      const serve = Object.hasOwn(route, method) ? route[method] : undefined;
      if (!serve) {
        edge.authenticate(request);
        throw new Refusal(405, 'METHOD_NOT_ALLOWED', `${method} is not served here.`, { Allow: Object.keys(route).join(', ') });
      }
      serve(request, response);
    } catch (error) {
      refuse(request, response, error);
    }
  };

  const server = createServer(
    {
      connectionsCheckingInterval: 1000,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.bodyMs,
      keepAliveTimeout: limits.keepAliveMs,
    },
    handle,
  );
  server.maxHeadersCount = 100;
  server.on('connection', (socket) => cap.admit(socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    const body = errorText(
      null,
      RPC.request,
      'The request is no valid HTTP.',
      new GatewayError('INVALID_REQUEST', 'The request is no valid HTTP.').toObject(),
    );
    if (socket.writable)
      socket.end(
        `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    else socket.destroy();
  });
  await listenOn(server, listen.host, listen.port);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${formatHost(listen.host)}:${port}/mcp`,
    async drain() {
      draining = true;
      server.close();
      server.closeIdleConnections();
      const until = performance.now() + limits.drainMs;
      while (inFlight.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Whoever still holds a connection has had its answer, or will get none.
      setTimeout(() => server.closeAllConnections(), 200).unref();
      server.closeIdleConnections();
      await closed;
    },
  };
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', EXPOSED);
  response.setHeader('Vary', 'Origin');
}

function preflight(response: ServerResponse, route: Route): void {
  response
    .writeHead(204, {
      'Access-Control-Allow-Methods': Object.keys(route).join(', '),
      'Access-Control-Allow-Headers': ALLOWED,
      'Access-Control-Max-Age': '600',
    })
    .end();
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new GatewayError('PORT_IN_USE', `Another program listens on ${formatHost(host)}:${port}.`));
      else
        reject(
          new GatewayError('BIND_REFUSED', `The gateway cannot listen on ${formatHost(host)}:${port}: ${error.message}.`, {
            fix: 'Correct "listen.http" in mcp.json.',
          }),
        );
    });
    server.listen(port, host, resolve);
  });
}
