import type { IncomingMessage } from 'node:http';
import { needsLogin } from '../../config/auth/auth.ts';
import type { Config } from '../../config/config.ts';
import { formatHost } from '../../config/listen.ts';
import { isLoopback } from '../../core/addresses.ts';
import { type Caller, DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import { type Challenge, fullChallenge, LoginError, plainChallenge, unauthenticated } from '../login/challenge.ts';
import { type Checked, createJwtLogins, type JwtLogins, type JwtParts } from '../login/jwt-logins.ts';
import { HttpError } from './http-error.ts';
import { createLogins, digestOf, type Identity } from './logins.ts';
import { createProxies } from './proxies.ts';
import { createThrottle } from './throttle.ts';

/** Called for each failed login, with a short reason. */
export type FailedLogin = (address: string, reason: string) => void;

/** The checks of every HTTP request: Host, Origin, then the token. */
export interface Edge {
  /** Throws HttpError unless Host names this gateway and Origin, if present, is allowed. `anyOrigin`: it is not looked at. */
  checkAddress(request: IncomingMessage, anyOrigin?: boolean): void;
  /** Settles when `authenticate` can decide. Undefined if it can now, as always without issuers of tokens. */
  verifying(request: IncomingMessage): Promise<void> | undefined;
  /** The same for a token that is sent otherwise, before `identify`. */
  verifyingToken(token: string): Promise<unknown> | undefined;
  /** The identity behind a request. Throws HttpError if the token is missing or wrong. */
  authenticate(request: IncomingMessage): Identity;
  /** The caller for an identity at the address of a profile. A profile the identity may not use gives 404. */
  callerFor(login: Identity, profile: string): Caller;
  /** The identity of a token; undefined if it is wrong. Failures are not counted. */
  identify(token: string): Identity | undefined;
  /** Whether a token with this mark is configured, or one of an issuer is still valid. */
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
  /** Whether every token with the rights of a caller has expired. */
  isExpired(caller: Caller): boolean;
  /** Whether logins can expire. */
  readonly expires: boolean;
  /** Adds to an error how to log in at the address of the request. */
  challenged(thrown: unknown, request: IncomingMessage): unknown;
  /** The value of WWW-Authenticate for a request. */
  challenge(request: IncomingMessage, challenge: Challenge): string;
}

const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
/** Headers that may occur once, each with its bit, by name length, so most other headers need no comparison. */
const SINGLE = byLength(['host', 'origin', 'authorization', 'content-type', 'content-length', 'mcp-session-id']);
const MAX_REMEMBERED = 256;
const UNVERIFIED = 'The token cannot be verified now, because no keys of its issuer are known.';

/** Creates the edge for a configuration. */
export function createEdge(config: Config, failedLogin: FailedLogin = () => undefined, parts?: JwtParts): Edge {
  let { listen, limits, jwt: issuers } = config;
  let proxies = createProxies(listen.proxies);
  let hosts = hostsOf(listen);
  let origins = originsOf(listen);
  const logins = createLogins(config.tokens, needsLogin(config));
  let jwt: JwtLogins | undefined;
  const verified = new WeakMap<IncomingMessage, Checked>();
  const owners = new WeakMap<Caller, Identity>();
  const applyIssuers = (): boolean => {
    if (parts && issuers) jwt ??= createJwtLogins(parts);
    return jwt?.apply(issuers ?? [], listen.public ?? '') === true;
  };
  applyIssuers();
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

  const countFailure = (request: IncomingMessage, digest: string, reason: string): HttpError => {
    // Only failures are counted, so an attacker cannot lock out a valid token.
    const address = proxies.clientOf(request);
    const waitMs = throttle.failed(address, digest);
    failedLogin(address, waitMs === undefined ? reason : 'too many failed logins');
    if (waitMs === undefined) return unauthenticated(issuers && 'invalid_token');
    return new HttpError(429, 'RATE_LIMITED', 'Too many failed logins.', { 'Retry-After': String(Math.ceil(waitMs / 1000)) });
  };

  const challenge: Edge['challenge'] = ({ url = '' }, wanted) =>
    issuers && listen.public !== undefined
      ? fullChallenge(wanted, url.replace(/\?.*$/s, ''), listen.public, issuers)
      : plainChallenge(wanted);

  return {
    checkAddress({ rawHeaders, headers }, anyOrigin = false) {
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
      if (!anyOrigin && headers.origin !== undefined && !allowsOrigin(headers.origin)) {
        throw new HttpError(403, 'ORIGIN_REFUSED', 'Requests from this web origin are not allowed.');
      }
    },
    verifying(request) {
      if (!jwt) return undefined;
      const token = bearerOf(request.headers.authorization);
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      if (logins.find(digest) || jwt.known(token, digest)) return undefined;
      return jwt.verify(token, digest).then((checked) => void verified.set(request, checked));
    },
    verifyingToken: (token) => jwt?.verify(token, digestOf(token)),
    authenticate(request) {
      if (logins.anonymous) return logins.anonymous;
      const { authorization } = request.headers;
      // Not a failed login: clients first try without a token.
      if (authorization === undefined) throw unauthenticated();
      const token = bearerOf(authorization);
      // Looked up by digest, so the response time does not reveal how much of a token was right.
      const digest = digestOf(token ?? authorization);
      const login = token === undefined ? undefined : logins.find(digest);
      if (login) return login;
      if (token === undefined) throw countFailure(request, digest, 'not a bearer token');
      const checked = jwt && (verified.get(request) ?? jwt.known(token, digest));
      if (!checked) throw countFailure(request, digest, 'wrong token');
      if ('login' in checked) return checked.login;
      // Every client sends an expired token once, and no client can help that an issuer is down: neither is a guess.
      if (checked.kind === 'expired') throw unauthenticated('invalid_token');
      if (checked.kind === 'unverified') throw new HttpError(503, 'ISSUER_UNAVAILABLE', UNVERIFIED, { 'Retry-After': '30' });
      throw countFailure(request, digest, checked.refusal);
    },
    callerFor(login, requested) {
      const own = login.profile;
      const isOther = requested !== DEFAULT_PROFILE && requested !== own;
      if (isOther && (own !== undefined || login.profiles?.includes(requested) === false)) {
        throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
      }
      const caller = logins.callerOf(login, own ?? requested);
      if (login.profiles) owners.set(caller, login);
      return caller;
    },
    identify(token) {
      const digest = digestOf(token);
      const checked = jwt?.known(token, digest);
      return logins.find(digest) ?? (checked && 'login' in checked ? checked.login : undefined);
    },
    isConfigured: (mark) => logins.hasMark(mark) || jwt?.isValid(mark) === true,
    addressOf: (request) => proxies.clientOf(request),
    allowsOrigin,
    applyConfig(next) {
      ({ listen, limits, jwt: issuers } = next);
      proxies = createProxies(listen.proxies);
      hosts = hostsOf(listen);
      origins = originsOf(listen);
      knownHosts.clear();
      const revokes = [logins.applyTokens(next.tokens, needsLogin(next)), applyIssuers()];
      return revokes.includes(true);
    },
    isProxy: (address) => proxies.has(address),
    isRevoked(caller) {
      if (logins.isRevoked(caller)) return true;
      const login = jwt && owners.get(caller);
      return login !== undefined && jwt?.isRemoved(login) === true;
    },
    isExpired(caller) {
      const login = jwt && owners.get(caller);
      return login?.mark !== undefined && jwt?.isValid(login.mark) === false;
    },
    get expires() {
      return jwt !== undefined;
    },
    challenge,
    challenged(thrown, request) {
      if (!(thrown instanceof LoginError)) return thrown;
      return thrown.answering(challenge(request, thrown.challenge));
    },
  };
}

function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +([^\s]+) *$/i.exec(authorization)?.[1];
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
  if (!needsLogin(next) && needsLogin(now)) {
    const advice = 'Keep one, or restart the gateway to run it without a login.';
    throw new GatewayError('CONFIG_INVALID', `${next.at('auth', 'tokens')}: without a token, anyone could use the gateway. ${advice}`);
  }
  checkBind({ ...next, listen: { ...next.listen, host: now.listen.host } });
  checkBind(next);
}

/** Throws BIND_REFUSED for an address other than loopback without a login, or without `listen.tls` or `listen.insecure`. */
export function checkBind({ listen, ...auth }: Config): void {
  if (isLoopback(listen.host)) return;
  if (!needsLogin(auth))
    throw new GatewayError(
      'BIND_REFUSED',
      `Refusing to listen on ${listen.host} without a token: anyone on the network could call your tools.`,
    );
  if (!listen.insecure && !listen.tls) {
    throw new GatewayError('BIND_REFUSED', `Listening on ${listen.host} would send tokens over plain HTTP.`, {
      fix: 'Set "listen.tls", or put a TLS proxy in front and set "listen": { "insecure": true }, or listen on 127.0.0.1.',
    });
  }
}
