import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, DEFAULT_PROFILE, grants, localCaller } from '../core/contract/caller.ts';
import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Edge } from './edge/edge.ts';
import { checkHeaders } from './edge/headers.ts';
import { HttpError } from './edge/http-error.ts';
import type { Identity } from './edge/logins.ts';
import { reduceTarget } from './edge/target.ts';
import type { FallThrough } from './fall-through.ts';
import { insufficientScope } from './login/challenge.ts';
import { isMetadata } from './login/metadata.ts';
import { sendJson } from './send-json.ts';

/** One request that passed the edge. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Whether a caller's login has been revoked: the configuration may be reloaded while the body arrives. */
  readonly isRevoked: (caller: Caller) => boolean;
  /** The tool in the path, for routes below `named`. */
  readonly name?: string;
  /** Answers with an error. */
  refuse(thrown: unknown): void;
}

/** The handlers of one address, by HTTP method. */
export type Route = Readonly<Record<string, (exchange: Exchange) => void>>;

/** Handles an address and everything below it, and checks the login itself; `login` throws HttpError. */
export type PrefixRoute = (request: IncomingMessage, response: ServerResponse, path: string, login: () => Identity) => void;

/**
 * The routing table. `profiled`: one address for the default profile, `<address>/<profile>` for the others. `named`: the same,
 * followed by a tool name. `queried`: the profile is the query parameter `profile`. `admin`: 404 without the scope `admin`. `open`: no login. `prefixes`: check the login themselves.
 */
export interface Routes {
  readonly prefixes: ReadonlyMap<string, PrefixRoute>;
  readonly profiled: ReadonlyMap<string, Route>;
  readonly named: ReadonlyMap<string, Route>;
  readonly queried: ReadonlyMap<string, Route>;
  readonly admin: ReadonlyMap<string, Route>;
  readonly open: ReadonlyMap<string, Route>;
}

/** Dispatches requests by path. Paths match exactly, except for one trailing slash after the address of a transport. */
export interface Router {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Answers a request with an error, unless a response has begun. */
  refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void;
  /** Settles when `admit` can decide about an upgrade request; undefined if it can now. */
  verifying(request: IncomingMessage): Promise<void> | undefined;
  /** The caller of an upgrade request to an address. Throws HttpError. */
  admit(request: IncomingMessage, base: string): Caller;
  /** Checks an upgrade request that carries no login. Throws HttpError. */
  admitStranger(request: IncomingMessage): void;
}

/** Dependencies of the router. */
export interface RouterParts {
  readonly edge: Edge;
  readonly routes: Routes;
  /** Serves paths that are in no route. Its errors are not JSON-RPC, and no other origin may read its answers. */
  readonly fallThrough?: Pick<FallThrough, 'takes' | 'handle'> | undefined;
  /** Answers with the metadata of an address of the gateway; absent if there are no issuers of tokens. Throws HttpError. */
  metadata(request: IncomingMessage, response: ServerResponse, path: string): void;
  readonly log: Logger;
  /** Tracks a request of a prefix route once its caller is known, so that a revoked login ends it. */
  follow(caller: Caller, request: IncomingMessage, response: ServerResponse): void;
  hasProfile(profile: string): boolean;
  draining(): boolean;
  /** Whether memory is too low for more work. */
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
// A name that no tool can have is unknown, too, and its call is counted.
const NAMED = /^(\/api\/[a-z]+)(?:\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}))?\/([^/]+)$/;

/** Creates a router over a table of routes. Any other path gives 404. */
export function createRouter({ edge, routes, fallThrough, metadata, log, follow, hasProfile, draining, full }: RouterParts): Router {
  const find = (path: string, query: string): MatchedRoute | undefined => {
    const exact = findExact(path, query);
    if (exact || path.length < 2 || !path.endsWith('/')) return exact;
    // Many clients and proxies append a slash to the address.
    const found = findExact(path.slice(0, -1), query);
    return found && !found.admin && found.name === '' ? found : undefined;
  };

  // Exact routes first, then `<route>/<profile>` for existing profiles.
  const findExact = (path: string, query: string): MatchedRoute | undefined => {
    const route = routes.profiled.get(path);
    if (route) return { route, base: path, profile: DEFAULT_PROFILE, admin: false, name: '' };
    const own = routes.admin.get(path);
    if (own) return { route: own, base: path, profile: DEFAULT_PROFILE, admin: true, name: '' };
    const list = routes.queried.get(path);
    if (list) {
      const [profile = DEFAULT_PROFILE, ...others] = new URLSearchParams(query).getAll('profile');
      return hasProfile(profile) && others.length === 0 ? { route: list, base: path, profile, admin: false, name: '' } : undefined;
    }
    const [, base = '', profile = DEFAULT_PROFILE, name = ''] = PROFILED.exec(path) ?? NAMED.exec(path) ?? [];
    const below = (name === '' ? routes.profiled : routes.named).get(base);
    return below && hasProfile(profile) ? { route: below, base, profile, admin: false, name: decode(name) } : undefined;
  };

  const findOwn = (path: string): PrefixRoute | undefined => {
    for (const [prefix, route] of routes.prefixes) if (path === prefix || path.startsWith(`${prefix}/`)) return route;
    return undefined;
  };

  const isRpc = (path: string): boolean =>
    !(
      fallThrough?.takes(path) ||
      [...routes.named.keys(), ...routes.queried.keys()].some((base) => path === base || path.startsWith(`${base}/`))
    );

  // A caller that may not use an address gets the same 404 as for an unknown address.
  const callerFor = (request: IncomingMessage, found: MatchedRoute | undefined): Caller => {
    const login = edge.authenticate(request);
    if (!found || (found.admin && !login.scopes.includes('admin')))
      throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
    const caller = edge.callerFor(login, found.profile);
    // An issuer can bind a token to a profile that does not exist.
    if (caller.profile !== found.profile && !hasProfile(caller.profile))
      throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
    if (!grants(login.scopes, 'use')) throw insufficientScope(['use'], login.principal);
    return caller;
  };

  const refuseWork = (): void => {
    if (draining()) throw new HttpError(503, 'DRAINING', 'The gateway is shutting down.', { 'Retry-After': '5', Connection: 'close' });
    if (full()) throw new HttpError(503, 'OVERLOADED', 'The gateway is low on memory.', { 'Retry-After': '2' });
  };

  const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    if (response.headersSent) return;
    const thrown = edge.challenged(error, request);
    const refusal = thrown instanceof HttpError ? thrown : new HttpError(500, 'INTERNAL', 'The gateway failed on this request.');
    if (!(thrown instanceof HttpError)) log.error(toError(thrown).stack ?? String(thrown), { ref: refusal.ref });
    const text = isRpc(pathOf(request)) ? refusal.toRpc() : JSON.stringify({ error: refusal.toObject() });
    sendJson(response, refusal.status, text, refusal.headers);
    // Discard the rest of the body.
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

  const checkAll = (request: IncomingMessage): void => {
    checkHeaders(request);
    edge.checkAddress(request);
    reduceTarget(request);
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (isMetadata(pathOf(request))) {
      checkHeaders(request);
      edge.checkAddress(request, true);
      return metadata(request, response, pathOf(request));
    }
    checkAll(request);
    const { origin } = request.headers;
    const path = pathOf(request);
    if (origin !== undefined && !fallThrough?.takes(path)) allowOrigin(response, origin);
    const open = routes.open.get(path);
    if (open) return answer(request, response, path, open);
    refuseWork();
    const pending = edge.verifying(request);
    if (!pending) return answer(request, response, path);
    void pending.then(() => attempt(request, response, () => answer(request, response, path)));
  };

  const attempt = (request: IncomingMessage, response: ServerResponse, run: () => void): void => {
    try {
      run();
    } catch (error) {
      refuse(request, response, error);
    }
  };

  const answer = (request: IncomingMessage, response: ServerResponse, path: string, open?: Route): void => {
    const own = findOwn(path);
    if (own) return own(request, response, path, loginOf(request, response));
    const found = open ? undefined : find(path, queryOf(request));
    const route = open ?? found?.route;
    if (!route && fallThrough?.takes(path)) return fallThrough.handle(request, response);
    const method = request.method ?? '';
    if (method === 'OPTIONS' && request.headers.origin !== undefined && route) return preflight(response, route);
    const caller = open ? localCaller() : callerFor(request, found);
    const run = route && Object.hasOwn(route, method) ? route[method] : undefined;
    if (!run) {
      const allow = Object.keys(route ?? {}).join(', ');
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${method} is not served here.`, { Allow: allow }, `Use ${allow}.`);
    }
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
      attempt(request, response, () => serve(request, response));
    },
    verifying(request) {
      try {
        checkAll(request);
      } catch {
        // `admit` says why.
        return undefined;
      }
      return edge.verifying(request);
    },
    admit(request, base) {
      checkAll(request);
      const found = find(pathOf(request), queryOf(request));
      refuseWork();
      try {
        const caller = callerFor(request, found);
        if (found?.base !== base) throw new HttpError(404, 'NOT_FOUND', 'No WebSocket is served at this address.');
        return caller;
      } catch (error) {
        throw edge.challenged(error, request);
      }
    },
    admitStranger(request) {
      checkAll(request);
      refuseWork();
    },
  };
}

/** The path of a request, without its query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function queryOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? '' : url.slice(query + 1);
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

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
