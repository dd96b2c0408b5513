import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import { formatHost } from '../config/listen.ts';
import { isLoopback } from '../core/addresses.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { PATHS } from '../core/paths.ts';
import type { Engine } from '../mcp/engine.ts';
import { errorText, RPC } from '../mcp/wire/wire.ts';
import { createConnectionCap } from './edge/connections.ts';
import { createEdge, type Edge, type FailedLogin } from './edge/edge.ts';
import { isContinue } from './edge/headers.ts';
import { InFlight } from './edge/in-flight.ts';
import { createMemoryMonitor } from './edge/memory-pressure.ts';
import { type FallThrough, refuseUpgrade } from './fall-through.ts';
import { type Health, healthRoutes } from './health.ts';
import { unauthenticated } from './login/challenge.ts';
import type { FetchJson } from './login/jwks.ts';
import { sendMetadata } from './login/metadata.ts';
import { responseOf, sendRaw } from './raw-reply.ts';
import { createRouter, pathOf, type Route, type Routes } from './router.ts';
import { createSse } from './sse.ts';
import { type AppStatus, statusRoute } from './status.ts';
import { streamableRoute } from './streamable.ts';
import { createWebServer } from './tls.ts';
import { type ListSource, listRoutes } from './tool-lists.ts';
import { toolsRoute } from './tools-api.ts';
import { offersWebSocket, serveAsIs } from './upgrade.ts';
import { createWebSocket, upgradeRoute } from './websocket.ts';

/** A listening HTTP server with every HTTP transport. */
export interface HttpTransport {
  /** `http://host:port`. */
  readonly origin: string;
  /** Applies a new configuration, and ends the sessions, streams and calls of revoked logins. */
  applyConfig(config: Config): void;
  /** Whether the console was used since the last question, or a page of it is open. */
  isConsoleUsed(): boolean;
  /** Rejects new work. Resolves when all requests have been answered, at the latest after `limits.drainMs`. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const BROKEN_STATUS: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** How often expired logins are looked for. */
const EXPIRE_MS = 5_000;

/** What is served behind all routes, and what logins need. */
export interface BehindRoutes {
  /** Fetches the metadata and keys of issuers. */
  readonly fetchJson?: FetchJson;
  readonly fallThrough?: (edge: Edge) => FallThrough;
  /** Serves nothing else but the health routes. */
  readonly only?: boolean;
}

/**
 * Serves the engine over HTTP, `own` routes that check the login themselves, and behind all routes a `fallThrough`. Rejects with
 * PORT_IN_USE or BIND_REFUSED.
 */
export async function serveHttp(
  engine: Engine,
  config: Config,
  limits: Limits,
  app: Health & AppStatus & ListSource & { readonly failedLogin: FailedLogin },
  own: Routes['prefixes'],
  log: Logger,
  { fallThrough: createFallThrough, only = false, fetchJson }: BehindRoutes = {},
): Promise<HttpTransport> {
  const { listen } = config;
  const edge = createEdge(config, app.failedLogin, fetchJson && { fetchJson, log: log.area('login') });
  const cap = createConnectionCap(limits, !isLoopback(listen.host), edge.isProxy, log);
  const fallThrough = createFallThrough?.(edge);
  const inFlight = new InFlight();
  const streams = new InFlight();
  engine.onRevoked((...of) => {
    inFlight.revoke(...of);
    streams.revoke(...of);
  });
  engine.onClientEnded((audit, reason) => inFlight.endClient(audit, reason));
  const load = createMemoryMonitor();
  let draining = false;

  const sse = createSse(engine, limits, PATHS.messages);
  const counts = () => ({ sessions: engine.sessions(), sse: sse.open(), websocket: websocket.open(), connections: cap.all().size });
  const router = createRouter({
    edge,
    routes: {
      profiled: unless(only, () => [
        [PATHS.streamable, streamableRoute(engine, limits, inFlight, streams, edge)],
        [PATHS.sse, sse.stream],
        [PATHS.messages, sse.messages],
        [PATHS.websocket, upgradeRoute],
      ]),
      prefixes: own,
      queried: only ? new Map() : listRoutes(app),
      named: unless(only, () => [[PATHS.tools, toolsRoute(engine, limits, inFlight, edge)]]),
      admin: unless(only, () => [[PATHS.status, statusRoute(app, counts)]]),
      open: healthRoutes({ ready: app.ready, draining: () => draining }),
    },
    fallThrough,
    metadata: (request, response, path) => sendMetadata(request, response, path, app.config(), engine.hasProfile),
    log,
    follow(caller, request, response) {
      const end = (): void => router.refuse(request, response, unauthenticated());
      streams.follow(caller, request, response, { gone: nothing, interrupt: nothing, revoke: end, isOf: () => false }, nothing);
    },
    hasProfile: engine.hasProfile,
    draining: () => draining,
    full: load.full,
  });
  // A connection cannot send a renewed token, so it ends with the last one of its login; its client opens another.
  const expiring = setInterval(() => {
    if (!edge.expires) return;
    const expired = new GatewayError('UNAUTHENTICATED', 'The token has expired.');
    engine.expire(edge.isExpired, expired);
    streams.revoke(edge.isExpired, expired);
  }, EXPIRE_MS).unref();
  const upgradeBehind = (behind: FallThrough, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => undefined);
    try {
      router.admitStranger(request);
      behind.upgrade(request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  };
  const websocket = createWebSocket(engine, limits, (request) => router.admit(request, PATHS.websocket));

  // Node itself would answer a missing Host header, and not in JSON.
  const { server, scheme, renew } = createWebServer(
    listen.tls,
    { connectionsCheckingInterval: 1000, requireHostHeader: false },
    router.handle,
  );
  const setTimeouts = (): void => {
    server.headersTimeout = limits.headerMs;
    server.requestTimeout = limits.bodyMs;
    server.keepAliveTimeout = limits.keepAliveMs;
  };
  setTimeouts();
  // Node would silently drop headers above its own limit; the router rejects such a request.
  server.maxHeadersCount = 0;
  // What is known of a request belongs to the connection inside TLS. Handshakes are limited by number and time instead.
  server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => cap.admit(socket));
  if (scheme === 'https') server.maxConnections = limits.connections;
  server.on('checkExpectation', router.handle);
  server.on('checkContinue', (request, response) => {
    if (isContinue(request.headers.expect)) response.writeContinue();
    router.handle(request, response);
  });
  for (const event of ['upgrade', 'connect'] as const) {
    server.on(event, (request, socket, head) => {
      if (event === 'upgrade' && !offersWebSocket(request)) return serveAsIs(server, request, socket, head);
      cap.hold(socket);
      if (event === 'upgrade' && fallThrough?.upgrades(pathOf(request))) return upgradeBehind(fallThrough, request, socket, head);
      const verifying = event === 'upgrade' ? router.verifying(request) : undefined;
      if (!verifying) return websocket.upgrade(request, socket, head);
      socket.on('error', () => undefined);
      void verifying.then(() => websocket.upgrade(request, socket, head));
    });
  }
  server.on('clientError', answerBroken);
  await listenOn(server, listen.host, listen.port, limits.connections);
  const { port } = server.address() as AddressInfo;

  return {
    origin: `${scheme}://${formatHost(listen.host)}:${port}`,
    applyConfig(next) {
      setTimeouts();
      try {
        renew(next.listen.tls);
      } catch (error) {
        log.error(`the certificate is not renewed, and the old one stays in use: ${toError(error).message}`);
      }
      if (edge.applyConfig(next))
        engine.revoke(edge.isRevoked, new GatewayError('UNAUTHENTICATED', 'The token was removed from mcp.json or changed.'));
      fallThrough?.checkLogins();
    },
    isConsoleUsed: () => fallThrough?.isUsed() ?? false,
    async drain() {
      draining = true;
      const until = performance.now() + limits.drainMs;
      while (inFlight.count + sse.pendingCount() + websocket.pendingCount() > 0 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 10));
      // Requests that did not finish in time are answered with an error.
      for (const transport of [inFlight, sse, websocket]) transport.interrupt('The gateway is shutting down.');
      await new Promise((resolve) => setImmediate(resolve));
    },
    async close() {
      load.stop();
      clearInterval(expiring);
      sse.close();
      websocket.close();
      fallThrough?.close();
      const closed = new Promise((resolve) => server.close(resolve));
      // The remaining connections have their replies already, or will get none.
      setTimeout(() => {
        server.closeAllConnections();
        for (const socket of cap.all()) socket.destroy();
      }, 200).unref();
      server.closeIdleConnections();
      await closed;
    },
  };
}

const nothing = (): void => undefined;

function unless(isLeftOut: boolean, routes: () => readonly (readonly [string, Route])[]): ReadonlyMap<string, Route> {
  return new Map(isLeftOut ? [] : routes());
}

// Answers a request that is not valid HTTP, in JSON too.
function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Once a response has begun, the error would become part of it.
  if (responseOf(socket)?.headersSent === true) return void socket.destroy();
  const status = BROKEN_STATUS[error.code ?? ''] ?? 400;
  const refusal = new GatewayError('INVALID_REQUEST', 'The request is not valid HTTP.');
  sendRaw(socket, status, errorText(null, RPC.request, refusal.message, refusal.toObject()));
}

// The backlog equals the connection limit: the system's default rejects clients that connect all at once.
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
