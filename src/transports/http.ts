import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import { formatHost } from '../config/listen.ts';
import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Engine } from '../mcp/engine.ts';
import { errorText, RPC } from '../mcp/wire.ts';
import { createConnectionCap } from './connections.ts';
import { createEdge } from './edge.ts';
import { type Health, healthRoutes } from './health.ts';
import { InFlight } from './in-flight.ts';
import { createLoadWatch } from './load.ts';
import { createRouter, type Routes } from './router.ts';
import { createSse } from './sse.ts';
import { type HouseStatus, statusRoute } from './status.ts';
import { streamableRoute } from './streamable.ts';
import { toolsRoute } from './tools-api.ts';
import { createWebSocket, upgradeRoute } from './websocket.ts';

/** Where each transport is served; named profiles stand one level below. */
export const PATHS = {
  streamable: '/mcp',
  sse: '/sse',
  messages: '/messages',
  websocket: '/ws',
  tools: '/api/tools',
  status: '/status',
} as const;

/** A listening HTTP server with every transport that travels over HTTP. */
export interface HttpTransport {
  /** `http://host:port`. */
  readonly origin: string;
  /** Takes no new work; settles when what is in flight has been answered, or when the time is over. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Serves the engine over HTTP, and routes with a login of their own beside it. Rejects with PORT_IN_USE where the address is taken. */
export async function serveHttp(
  engine: Engine,
  config: Config,
  house: Health & HouseStatus,
  own: Routes['own'],
  log: Logger,
): Promise<HttpTransport> {
  const { limits, listen } = config;
  const cap = createConnectionCap(limits);
  const inFlight = new InFlight();
  const load = createLoadWatch();
  let draining = false;

  const sse = createSse(engine, limits, PATHS.messages);
  const counts = () => ({ sessions: engine.sessions(), sse: sse.open(), websocket: websocket.open(), connections: cap.all().size });
  const router = createRouter({
    edge: createEdge(config),
    routes: {
      profiled: new Map([
        [PATHS.streamable, streamableRoute(engine, limits, inFlight)],
        [PATHS.sse, sse.stream],
        [PATHS.messages, sse.messages],
        [PATHS.websocket, upgradeRoute],
      ]),
      own,
      named: new Map([[PATHS.tools, toolsRoute(engine, limits, inFlight)]]),
      admin: new Map([[PATHS.status, statusRoute(house, counts)]]),
      open: healthRoutes({ ready: house.ready, draining: () => draining }),
    },
    log,
    knows: engine.knows,
    draining: () => draining,
    full: load.full,
  });
  const websocket = createWebSocket(engine, limits, (request) => router.admit(request, PATHS.websocket));

  const server = createServer(
    {
      connectionsCheckingInterval: 1000,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.bodyMs,
      keepAliveTimeout: limits.keepAliveMs,
    },
    router.handle,
  );
  server.maxHeadersCount = 100;
  server.on('connection', (socket) => cap.admit(socket));
  server.on('upgrade', websocket.upgrade);
  server.on('clientError', answerBroken);
  await listenOn(server, listen.host, listen.port, limits.connections);
  const { port } = server.address() as AddressInfo;

  return {
    origin: `http://${formatHost(listen.host)}:${port}`,
    async drain() {
      draining = true;
      const until = performance.now() + limits.drainMs;
      while (inFlight.count + sse.owed() + websocket.owed() > 0 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 10));
      // What did not end in time is answered too.
      for (const transport of [inFlight, sse, websocket]) transport.interrupt('The gateway is shutting down.');
      await new Promise((resolve) => setImmediate(resolve));
    },
    async close() {
      load.stop();
      sse.close();
      websocket.close();
      const closed = new Promise((resolve) => server.close(resolve));
      // Whoever still holds a connection has had its answer, or will get none.
      setTimeout(() => {
        server.closeAllConnections();
        for (const socket of cap.all()) socket.destroy();
      }, 200).unref();
      server.closeIdleConnections();
      await closed;
    },
  };
}

// What is no HTTP at all gets an answer in JSON too.
function answerBroken(error: NodeJS.ErrnoException, socket: Socket | import('node:stream').Duplex): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  const refusal = new GatewayError('INVALID_REQUEST', 'The request is no valid HTTP.');
  const body = errorText(null, RPC.request, refusal.message, refusal.toObject());
  if (!socket.writable) return void socket.destroy();
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

// As many may wait to be taken as may be open: the system's own default turns away clients that come all at once.
function listenOn(server: Server, host: string, port: number, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${formatHost(host)}:${port}`;
      if (error.code === 'EADDRINUSE') reject(new GatewayError('PORT_IN_USE', `Another program listens on ${where}.`));
      else
        reject(
          new GatewayError('BIND_REFUSED', `The gateway cannot listen on ${where}: ${error.message}.`, {
            fix: 'Correct "listen.http" in mcp.json.',
          }),
        );
    });
    server.listen({ port, host, backlog }, resolve);
  });
}
