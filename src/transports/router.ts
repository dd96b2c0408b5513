import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, DEFAULT_PROFILE, localCaller } from '../core/contract/caller.ts';
import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type Edge, HttpError } from './edge/edge.ts';
import { checkHeaders } from './edge/headers.ts';
import type { Identity } from './edge/logins.ts';
import { reduceTarget } from './edge/target.ts';
import { sendJson } from './send-json.ts';

/** One request that has passed the edge. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Whether a caller may not call any more: a reload may come while the body is on its way. */
  readonly isRevoked: (caller: Caller) => boolean;
  /** The tool in the path, where the route is below `named`. */
  readonly name?: string;
  /** Answers with a refusal instead. */
  refuse(thrown: unknown): void;
}

/** What one address does, by HTTP method. */
export type Route = Readonly<Record<string, (exchange: Exchange) => void>>;

/** What one address and everything below it does, with a login of its own kind; `login` throws a refusal. */
export type PrefixRoute = (request: IncomingMessage, response: ServerResponse, path: string, login: () => Identity) => void;

/**
 * An address by its first part, for the unnamed profile and for named ones below it; `named` ones have the name of a tool at
 * their end; open ones need no login, and those of the operator exist for tokens with the scope `admin` alone.
 */
export interface Routes {
  readonly prefixes: ReadonlyMap<string, PrefixRoute>;
  readonly profiled: ReadonlyMap<string, Route>;
  readonly named: ReadonlyMap<string, Route>;
  readonly admin: ReadonlyMap<string, Route>;
  readonly open: ReadonlyMap<string, Route>;
}

/** Decides what a request is for. Paths are matched as they are, but for one slash behind the address of a transport. */
export interface Router {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Answers a request with a refusal, unless its answer has begun. */
  refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void;
  /** The caller of an upgrade request to an address; throws a refusal. */
  admit(request: IncomingMessage, base: string): Caller;
}

/** What the router needs of the rest. */
export interface RouterParts {
  readonly edge: Edge;
  readonly routes: Routes;
  readonly log: Logger;
  /** Follows a request that a route with a login of its own serves, once its caller is known. */
  follow(caller: Caller, request: IncomingMessage, response: ServerResponse): void;
  hasProfile(profile: string): boolean;
  draining(): boolean;
  /** Whether there is no memory for more work. */
  full(): boolean;
}

interface MatchedRoute {
  readonly route: Route;
  readonly base: string;
  readonly profile: string;
  readonly admin: boolean;
  readonly name: string;
}

const EXPOSED = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate';
const ALLOWED = 'Content-Type, Accept, Authorization, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID';
const PROFILED = /^(\/[a-z]+)\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/;
const NAMED = /^(\/api\/[a-z]+)(?:\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}))?\/([A-Za-z_][A-Za-z0-9_-]{0,127})$/;

/** A router over a table of routes; whatever is not in it does not exist. */
export function createRouter({ edge, routes, log, follow, hasProfile: knows, draining, full }: RouterParts): Router {
  const find = (path: string): MatchedRoute | undefined => {
    const exact = findExact(path);
    if (exact || path.length < 2 || !path.endsWith('/')) return exact;
    // Many clients and proxies put a slash behind the address.
    const found = findExact(path.slice(0, -1));
    return found && !found.admin && found.name === '' ? found : undefined;
  };

  // The table's own routes first, then `<route>/<profile>` for profiles that exist.
  const findExact = (path: string): MatchedRoute | undefined => {
    const route = routes.profiled.get(path);
    if (route) return { route, base: path, profile: DEFAULT_PROFILE, admin: false, name: '' };
    const own = routes.admin.get(path);
    if (own) return { route: own, base: path, profile: DEFAULT_PROFILE, admin: true, name: '' };
    const [, base = '', profile = DEFAULT_PROFILE, name = ''] = PROFILED.exec(path) ?? NAMED.exec(path) ?? [];
    const below = (name === '' ? routes.profiled : routes.named).get(base);
    return below && knows(profile) ? { route: below, base, profile, admin: false, name } : undefined;
  };

  const findOwn = (path: string): PrefixRoute | undefined => {
    for (const [prefix, route] of routes.prefixes) if (path === prefix || path.startsWith(`${prefix}/`)) return route;
    return undefined;
  };

  const speaksRpc = (path: string): boolean => ![...routes.named.keys()].some((base) => path === base || path.startsWith(`${base}/`));

  // Whoever may not use an address gets the answer of one that does not exist.
  const callerFor = (request: IncomingMessage, found: MatchedRoute | undefined): Caller => {
    const login = edge.authenticate(request);
    if (!found || (found.admin && !login.scopes.includes('admin')))
      throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
    return edge.callerFor(login, found.profile);
  };

  const refuseWork = (): void => {
    if (draining()) throw new HttpError(503, 'DRAINING', 'The gateway is shutting down.', { 'Retry-After': '5', Connection: 'close' });
    if (full()) throw new HttpError(503, 'OVERLOADED', 'The gateway has no memory for more work just now.', { 'Retry-After': '2' });
  };

  const refuse = (request: IncomingMessage, response: ServerResponse, thrown: unknown): void => {
    if (response.headersSent) return;
    const refusal = thrown instanceof HttpError ? thrown : new HttpError(500, 'INTERNAL', 'The gateway failed on this request.');
    if (!(thrown instanceof HttpError)) log.error(toError(thrown).stack ?? String(thrown), { ref: refusal.ref });
    const text = speaksRpc(pathOf(request)) ? refusal.toRpc() : JSON.stringify({ error: refusal.toObject() });
    sendJson(response, refusal.status, text, refusal.headers);
    // What the client still sends is not kept.
    if (!request.complete) request.resume();
  };

  const loginOf = (request: IncomingMessage, response: ServerResponse): (() => Identity) => {
    let followed = false;
    return () => {
      const login = edge.authenticate(request);
      if (!followed) follow(edge.callerFor(login, login.profile ?? DEFAULT_PROFILE), request, response);
      followed = true;
      return login;
    };
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    checkHeaders(request);
    edge.checkAddress(request);
    reduceTarget(request);
    const { origin } = request.headers;
    if (origin !== undefined) allowOrigin(response, origin);
    const path = pathOf(request);
    const open = routes.open.get(path);
    if (!open) refuseWork();
    const own = findOwn(path);
    if (own) return own(request, response, path, loginOf(request, response));
    const found = open ? undefined : find(path);
    const route = open ?? found?.route;
    const method = request.method ?? '';
    if (method === 'OPTIONS' && origin !== undefined && route) return preflight(response, route);
    const caller = open ? localCaller() : callerFor(request, found);
    const run = route && Object.hasOwn(route, method) ? route[method] : undefined;
    if (!run)
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${method} is not served here.`, { Allow: Object.keys(route ?? {}).join(', ') });
    run({
      request,
      response,
      caller,
      isRevoked: edge.isRevoked,
      name: found?.name ?? '',
      refuse: (thrown) => refuse(request, response, thrown),
    });
  };

  return {
    refuse,
    handle(request, response) {
      try {
        serve(request, response);
      } catch (error) {
        refuse(request, response, error);
      }
    },
    admit(request, base) {
      checkHeaders(request);
      edge.checkAddress(request);
      reduceTarget(request);
      const found = find(pathOf(request));
      refuseWork();
      const caller = callerFor(request, found);
      if (found?.base !== base) throw new HttpError(404, 'NOT_FOUND', 'No WebSocket is served at this address.');
      return caller;
    },
  };
}

function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', EXPOSED);
  response.setHeader('Vary', 'Origin');
}

function preflight(response: ServerResponse, route: Route): void {
  const headers = {
    'Access-Control-Allow-Methods': Object.keys(route).join(', '),
    'Access-Control-Allow-Headers': ALLOWED,
    'Access-Control-Max-Age': '600',
  };
  response.writeHead(204, headers).end();
}
