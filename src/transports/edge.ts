import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/config.ts';
import { formatHost } from '../config/listen.ts';
import { isLoopback } from '../core/addresses.ts';
import { type Caller, DEFAULT_PROFILE, localCaller } from '../core/caller.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { GatewayError } from '../core/errors.ts';
import { errorText, RPC } from '../mcp/wire.ts';

/** A refusal at the edge, before any protocol code has seen the request. */
export class Refusal extends GatewayError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }

  /** The refusal as a reply to nobody in particular. */
  toRpc(): string {
    return errorText(null, this.status >= 500 ? RPC.internal : RPC.request, this.message, this.toObject());
  }
}

/** Somebody who has shown a token, or needs none. */
export interface Login {
  readonly principal: string;
  /** The only profile it may use, where the token says so. */
  readonly profile?: string | undefined;
  readonly scopes: readonly string[];
  /** Nobody was asked for a token. */
  readonly anonymous?: boolean;
}

/** Checks that every HTTP request passes, whatever it asks for: Host, Origin, then who it is. */
export interface Edge {
  /** Throws a refusal unless the request is addressed to us and comes from no foreign web page. */
  checkAddress(request: IncomingMessage): void;
  /** Who is behind a request. Throws a refusal for a missing or wrong token. */
  authenticate(request: IncomingMessage): Login;
  /** The caller that somebody is at the address of a profile. A profile that is not theirs looks like none. */
  callerAt(login: Login, profile: string): Caller;
  /** Whether a web page of that origin may use the gateway. */
  allowsOrigin(origin: string): boolean;
}

const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
const SINGLE = new Set(['host', 'origin', 'authorization', 'content-type', 'content-length', 'mcp-session-id']);
const MOST_REMEMBERED = 256;
const NOBODY_IN_PARTICULAR: Login = { principal: localCaller().principal, scopes: [], anonymous: true };
const MINUTE_MS = 60_000;

/** The edge of one configuration. */
export function createEdge(config: Config): Edge {
  const { listen, tokens, limits } = config;
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...listen.hosts.map((h) => h.toLowerCase())]);
  if (!isWildcard(listen.host)) hosts.add(formatHost(listen.host).toLowerCase());
  const origins = new Set(listen.origins.map((o) => o.toLowerCase()));
  const logins = new Map<string, Login>(tokens.map((token) => [digest(token.token), token]));
  // One object for each, since callers are compared and remembered by identity.
  const callers = new Map<Login, Map<string, Caller>>();
  const failed = new Map<string, { since: number; count: number }>();
  const knownHosts = new Map<string, boolean>();

  const allowsHost = (host: string): boolean => {
    let allowed = knownHosts.get(host);
    if (allowed === undefined) {
      const match = HOST.exec(host);
      allowed = match !== null && hosts.has((match[1] as string).toLowerCase()) && Number(match[2] ?? 0) <= 65_535;
      if (knownHosts.size >= MOST_REMEMBERED) knownHosts.clear();
      knownHosts.set(host, allowed);
    }
    return allowed;
  };

  // Our own pages, on the address they were loaded from, and whatever the configuration lists.
  const allowsOrigin = (origin: string): boolean => {
    const lower = origin.toLowerCase();
    if (origins.has(lower)) return true;
    const match = /^https?:\/\/(.+)$/.exec(lower);
    return match !== null && ownPorts(match[1] as string) && allowsHost(match[1] as string);
  };
  const ownPorts = (host: string): boolean => listen.port === 0 || HOST.exec(host)?.[2] === String(listen.port);

  const noteFailure = (address: string): void => {
    const now = performance.now();
    const entry = failed.get(address);
    if (entry && now - entry.since < MINUTE_MS) entry.count++;
    else {
      if (failed.size >= MOST_REMEMBERED) failed.clear();
      failed.set(address, { since: now, count: 1 });
    }
  };

  const isBlocked = (address: string): boolean => {
    const entry = failed.get(address);
    return entry !== undefined && entry.count >= limits.failedLoginsPerMinute && performance.now() - entry.since < MINUTE_MS;
  };

  return {
    checkAddress({ rawHeaders, headers }) {
      let seen = '';
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const name = (rawHeaders[i] as string).toLowerCase();
        if (!SINGLE.has(name)) continue;
        if (seen.includes(`|${name}|`)) {
          if (name === 'origin') throw new Refusal(403, 'ORIGIN_REFUSED', 'The header Origin stands twice.');
          throw new Refusal(400, name === 'host' ? 'HOST_REFUSED' : 'INVALID_REQUEST', `The header ${name} stands twice.`);
        }
        seen += `|${name}|`;
      }
      if (headers.host === undefined || !allowsHost(headers.host)) {
        throw new Refusal(headers.host === undefined ? 400 : 403, 'HOST_REFUSED', 'The Host header names no address served here.');
      }
      if (headers.origin !== undefined && !allowsOrigin(headers.origin)) {
        throw new Refusal(403, 'ORIGIN_REFUSED', 'Requests from this web origin are not allowed.');
      }
    },
    authenticate({ headers, socket }) {
      if (logins.size === 0) return NOBODY_IN_PARTICULAR;
      const address = socket.remoteAddress ?? '';
      if (isBlocked(address))
        throw new Refusal(429, 'RATE_LIMITED', 'Too many failed logins.', {
          'Retry-After': '60',
        });
      const token = /^bearer +([^\s]+) *$/i.exec(headers.authorization ?? '')?.[1];
      // Looked up by digest: how long it takes says nothing about how much of a token was right.
      const login = token === undefined ? undefined : logins.get(digest(token));
      if (login) return login;
      if (token !== undefined) noteFailure(address);
      throw new Refusal(401, 'UNAUTHENTICATED', 'A valid bearer token is needed.', { 'WWW-Authenticate': 'Bearer realm="plugmux"' });
    },
    callerAt(login, requested) {
      const own = login.profile;
      if (own !== undefined && requested !== DEFAULT_PROFILE && requested !== own) {
        throw new Refusal(404, 'NOT_FOUND', 'Nothing is served at this address.');
      }
      const profile = own ?? requested;
      const known = callers.get(login) ?? new Map<string, Caller>();
      callers.set(login, known);
      const caller = known.get(profile) ?? toCaller(login, profile);
      known.set(profile, caller);
      return caller;
    },
    allowsOrigin,
  };
}

function toCaller({ principal, scopes, anonymous }: Login, profile: string): Caller {
  return anonymous === true ? { principal, profile, scopes, anonymous } : { principal, profile, scopes };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Refuses to listen beyond this machine without a login, or without saying that plain HTTP is meant. */
export function checkBind({ listen, tokens }: Config): void {
  if (isLoopback(listen.host)) return;
  if (tokens.length === 0)
    throw new GatewayError('BIND_REFUSED', `Listening on ${listen.host} needs a token: anybody on the network could use the plugins.`);
  if (!listen.insecure) {
    throw new GatewayError('BIND_REFUSED', `Listening on ${listen.host} would send tokens over plain HTTP.`, {
      fix: 'Put a TLS proxy in front and set "listen": { "insecure": true }, or listen on 127.0.0.1.',
    });
  }
}
