import type { IncomingMessage } from 'node:http';
import type { Config } from '../../config/config.ts';
import { formatHost } from '../../config/listen.ts';
import { isLoopback } from '../../core/addresses.ts';
import { type Caller, DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import { errorText, RPC } from '../../mcp/wire/wire.ts';
import { createLogins, digestOf, type Identity } from './logins.ts';
import { createProxies } from './proxies.ts';
import { createThrottle } from './throttle.ts';

/** An HTTP error response, sent before any protocol code has seen the request. */
export class HttpError extends GatewayError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}, fix?: string) {
    super(code, message, fix === undefined ? {} : { fix });
    this.status = status;
    this.headers = headers;
  }

  /** The error as a JSON-RPC response without an id. */
  toRpc(): string {
    return errorText(null, this.status >= 500 ? RPC.internal : RPC.request, this.message, this.toObject());
  }
}

/** Called for each failed login, with a short reason. */
export type FailedLogin = (address: string, reason: string) => void;

/** The checks of every HTTP request: Host, Origin, then the token. */
export interface Edge {
  /** Throws HttpError unless Host names this gateway and Origin, if present, is allowed. */
  checkAddress(request: IncomingMessage): void;
  /** The identity behind a request. Throws HttpError if the token is missing or wrong. */
  authenticate(request: IncomingMessage): Identity;
  /** The caller for an identity at the address of a profile. A profile the identity may not use gives 404. */
  callerFor(login: Identity, profile: string): Caller;
  /** The identity of a token; undefined if it is wrong. Failures are not counted. */
  identify(token: string): Identity | undefined;
  /** Whether a token with this mark is configured. */
  isConfigured(mark: string): boolean;
  /** The address of a client, as trusted proxies report it. */
  addressOf(request: IncomingMessage): string;
  /** Whether a web page of that origin may use the gateway. */
  allowsOrigin(origin: string): boolean;
  /** Applies a new configuration. Returns true if it revokes a login. */
  applyConfig(config: Config): boolean;
  /** Whether a trusted proxy has this address. */
  isProxy(address: string): boolean;
  /** Whether the login of a caller has been revoked. */
  isRevoked(caller: Caller): boolean;
}

const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
/** Headers that may occur once, each with its bit, by name length, so most other headers need no comparison. */
const SINGLE = byLength(['host', 'origin', 'authorization', 'content-type', 'content-length', 'mcp-session-id']);
const MAX_REMEMBERED = 256;

/** Creates the edge for a configuration. */
export function createEdge(config: Config, failedLogin: FailedLogin = () => undefined): Edge {
  let { listen, limits } = config;
  let proxies = createProxies(listen.proxies);
  let hosts = hostsOf(listen);
  let origins = originsOf(listen);
  const logins = createLogins(config.tokens);
  const throttle = createThrottle(() => limits.failedLoginsPerMinute);
  const knownHosts = new Map<string, boolean>();

  const allowsHost = (host: string): boolean => {
    let allowed = knownHosts.get(host);
    if (allowed === undefined) {
      const match = HOST.exec(host);
      allowed = match !== null && hosts.has((match[1] as string).toLowerCase()) && Number(match[2] ?? 0) <= 65_535;
      if (knownHosts.size >= MAX_REMEMBERED) knownHosts.clear();
      knownHosts.set(host, allowed);
    }
    return allowed;
  };

  // The gateway's own address, and the origins that the configuration lists.
  const allowsOrigin = (origin: string): boolean => {
    const lower = origin.toLowerCase();
    if (origins.has(lower)) return true;
    const match = /^https?:\/\/(.+)$/.exec(lower);
    return match !== null && ownPorts(match[1] as string) && allowsHost(match[1] as string);
  };
  const ownPorts = (host: string): boolean => listen.port === 0 || HOST.exec(host)?.[2] === String(listen.port);

  return {
    checkAddress({ rawHeaders, headers }) {
      let seen = 0;
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const bits = SINGLE[(rawHeaders[i] as string).length];
        if (bits === undefined) continue;
        const name = (rawHeaders[i] as string).toLowerCase();
        const bit = bits.get(name) ?? 0;
        if ((seen & bit) !== 0) {
          if (name === 'origin') throw new HttpError(403, 'ORIGIN_REFUSED', 'Duplicate Origin header.');
          throw new HttpError(400, name === 'host' ? 'HOST_REFUSED' : 'INVALID_REQUEST', `Duplicate ${name} header.`);
        }
        seen |= bit;
      }
      if (headers.host === undefined || !allowsHost(headers.host)) {
        throw new HttpError(
          headers.host === undefined ? 400 : 403,
          'HOST_REFUSED',
          'The Host header does not name an address of this gateway.',
        );
      }
      if (headers.origin !== undefined && !allowsOrigin(headers.origin)) {
        throw new HttpError(403, 'ORIGIN_REFUSED', 'Requests from this web origin are not allowed.');
      }
    },
    authenticate(request) {
      if (logins.anonymous) return logins.anonymous;
      const { authorization } = request.headers;
      // Not a failed login: clients first try without a token.
      if (authorization === undefined) throw unauthenticated();
      const token = /^bearer +([^\s]+) *$/i.exec(authorization)?.[1];
      // Looked up by digest, so the response time does not reveal how much of a token was right.
      const digest = digestOf(token ?? authorization);
      const login = token === undefined ? undefined : logins.find(digest);
      if (login) return login;
      // Only failures are counted, so an attacker cannot lock out a valid token.
      const address = proxies.clientOf(request);
      const waitMs = throttle.failed(address, digest);
      failedLogin(address, waitMs !== undefined ? 'too many failed logins' : token === undefined ? 'not a bearer token' : 'wrong token');
      if (waitMs === undefined) throw unauthenticated();
      throw new HttpError(429, 'RATE_LIMITED', 'Too many failed logins.', { 'Retry-After': String(Math.ceil(waitMs / 1000)) });
    },
    callerFor(login, requested) {
      const own = login.profile;
      if (own !== undefined && requested !== DEFAULT_PROFILE && requested !== own) {
        throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
      }
      const profile = own ?? requested;
      return logins.callerOf(login, profile);
    },
    identify: (token) => logins.find(digestOf(token)),
    isConfigured: logins.hasMark,
    addressOf: (request) => proxies.clientOf(request),
    allowsOrigin,
    applyConfig(next) {
      ({ listen, limits } = next);
      proxies = createProxies(listen.proxies);
      hosts = hostsOf(listen);
      origins = originsOf(listen);
      knownHosts.clear();
      return logins.applyTokens(next.tokens);
    },
    isProxy: (address) => proxies.has(address),
    isRevoked: logins.isRevoked,
  };
}

/** The response to a request without a valid token. */
export function unauthenticated(): HttpError {
  return new HttpError(401, 'UNAUTHENTICATED', 'A valid bearer token is needed.', { 'WWW-Authenticate': 'Bearer realm="plugmux"' });
}

function hostsOf(listen: Config['listen']): ReadonlySet<string> {
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...listen.hosts.map((h) => h.toLowerCase())]);
  if (!isWildcard(listen.host)) hosts.add(formatHost(listen.host).toLowerCase());
  if (listen.public !== undefined) hosts.add(new URL(listen.public).hostname);
  return hosts;
}

function originsOf({ origins, public: published }: Config['listen']): ReadonlySet<string> {
  const own = published === undefined ? [] : [new URL(published).origin];
  return new Set([...own, ...origins.map((origin) => origin.toLowerCase())]);
}

function byLength(names: readonly string[]): readonly (ReadonlyMap<string, number> | undefined)[] {
  const found: Map<string, number>[] = [];
  for (const [i, name] of names.entries()) {
    found[name.length] ??= new Map();
    found[name.length]?.set(name, 1 << i);
  }
  return found;
}

/** Whether a listen host stands for all addresses of this machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/**
 * Throws if a running gateway must not apply a configuration: if it would open the gateway to anyone, or if the bind rules
 * forbid it for the current or the next address.
 */
export function checkReload(next: Config, now: Config): void {
  if (next.tokens.length === 0 && now.tokens.length > 0) {
    const advice = 'Keep one, or restart the gateway to run it without a login.';
    throw new GatewayError('CONFIG_INVALID', `${next.at('auth', 'tokens')}: without a token, anyone could use the gateway. ${advice}`);
  }
  checkBind({ ...next, listen: { ...next.listen, host: now.listen.host } });
  checkBind(next);
}

/** Throws BIND_REFUSED for an address other than loopback without tokens, or without `listen.insecure`. */
export function checkBind({ listen, tokens }: Config): void {
  if (isLoopback(listen.host)) return;
  if (tokens.length === 0)
    throw new GatewayError(
      'BIND_REFUSED',
      `Refusing to listen on ${listen.host} without a token: anyone on the network could call your tools.`,
    );
  if (!listen.insecure) {
    throw new GatewayError('BIND_REFUSED', `Listening on ${listen.host} would send tokens over plain HTTP.`, {
      fix: 'Put a TLS proxy in front and set "listen": { "insecure": true }, or listen on 127.0.0.1.',
    });
  }
}
