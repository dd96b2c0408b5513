import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import express, { type Express } from 'express';
import { HttpError } from '../transports/edge/http-error.ts';
import type { ConsoleRoute } from './api/route.ts';
import { BASE, ROUTES } from './api/table.ts';
import { createAssets } from './assets.ts';
import type { ConsoleContext } from './context.ts';
import { answerErrors } from './errors.ts';
import { checkOrigin, setHeaders } from './headers.ts';
import { createLive } from './live/live.ts';
import { createRevision } from './live/revision.ts';
import { createPagePresence } from './live/sources/approval-source.ts';
import { createSources } from './live/sources/sources.ts';
import { createLogin } from './login.ts';
import type { ConsoleParts } from './parts.ts';
import { serveRoute } from './serve-route.ts';
import { createSessions } from './sessions.ts';

/** The loaded console. */
export interface ConsoleServer {
  handle(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Number of open pages. */
  pages(): number;
  /** Ends what belongs to sessions that were revoked. */
  checkLogins(): void;
  close(): void;
}

/** Creates the console. Imported by its first request, since this loads express. */
export function createConsoleServer(parts: ConsoleParts): ConsoleServer {
  const sessions = createSessions(parts.app.stateFile, parts.edge);
  const login = createLogin(parts, sessions);
  const started = Math.round(performance.timeOrigin);
  const revision = createRevision(parts.app, started);
  const live = createLive({
    ...parts,
    sessions,
    login,
    sources: createSources(parts, started, revision),
    pages: createPagePresence(parts.app),
    revision,
  });
  const context: ConsoleContext = { ...parts, sessions, login, live, started, revision };
  const server = express();
  server.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  server.set('query parser', 'simple').set('trust proxy', false);
  server.use(setHeaders);
  server.use((request, _response, next) => {
    checkOrigin(request, parts.app.config());
    next();
  });
  server.use(BASE, (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  addRoutes(server, context);
  const assets = createAssets();
  server.get('/', assets.shell);
  server.get('/console/:file', assets.file);
  server.use(() => {
    throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
  });
  server.use(answerErrors(parts.redactor, parts.log));
  return { handle: server, upgrade: live.upgrade, pages: live.open, checkLogins: live.checkLogins, close: live.close };
}

function addRoutes(server: Express, context: ConsoleContext): void {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const routes = ROUTES.filter((route) => route.path === path);
    const served = server.route(BASE + path);
    for (const route of routes) served[route.method](...serveRoute(route, context));
    served.all(() => {
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This address serves ${allowed(routes)} only.`, { Allow: allowed(routes) });
    });
  }
}

function allowed(routes: readonly ConsoleRoute[]): string {
  return routes.map(({ method }) => method.toUpperCase()).join(', ');
}
