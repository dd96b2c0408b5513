import { createHash } from 'node:crypto';
import type { TokenConfig } from '../../config/config.ts';
import { type Caller, LOCAL_PRINCIPAL, LOCAL_SCOPES } from '../../core/contract/caller.ts';

/** A verified principal: the holder of a token of mcp.json or of an issuer, or the anonymous principal. */
export interface Identity {
  readonly principal: string;
  /** The only profile it may use, if the token is bound to one. */
  readonly profile?: string | undefined;
  /** The profiles beside the default one that it may use. Absent: all. */
  readonly profiles?: readonly string[];
  readonly scopes: readonly string[];
  /** A digest of the token and its rights. State bound to a login is not shared with another login of the same principal. */
  readonly mark?: string;
  /** No token was required. */
  readonly anonymous?: boolean;
}

/** The tokens of the active configuration. */
export interface Logins {
  /** The login of a request without a token; undefined if a token is required. */
  readonly anonymous: Identity | undefined;
  /** The login of a token, by the digest of the token. */
  find(digest: string): Identity | undefined;
  /** Whether a token with this mark is configured. */
  hasMark(mark: string): boolean;
  /** The caller of a login in a profile. Always the same object, since callers are compared by identity. */
  callerOf(login: Identity, profile: string): Caller;
  /** Applies other tokens. `isClosed`: there are other ways to log in. Unchanged tokens keep their callers. Returns true if a login is revoked. */
  applyTokens(tokens: readonly TokenConfig[], isClosed?: boolean): boolean;
  /** Whether the login of a caller has been revoked. */
  isRevoked(caller: Caller): boolean;
}

/** The logins of a configuration. Without any way to log in, every request has the same anonymous login. */
export function createLogins(tokens: readonly TokenConfig[], isClosed = false): Logins {
  const callers = new WeakMap<Identity, Map<string, Caller>>();
  const revoked = new WeakSet<Caller>();
  let anonymous: Identity | undefined;
  let logins = new Map<string, Identity>();

  const applyTokens = (next: readonly TokenConfig[], closed = false): boolean => {
    const before = anonymous ? [anonymous] : [...logins.values()];
    const known = logins;
    logins = new Map(
      next.map((token) => {
        const key = digestOf(token.token);
        const login = known.get(key);
        return [key, login && isSame(login, token) ? login : toLogin(key, token)];
      }),
    );
    if (closed || next.length > 0) anonymous = undefined;
    else anonymous ??= { principal: LOCAL_PRINCIPAL, scopes: LOCAL_SCOPES, anonymous: true };
    const stays = new Set(anonymous ? [anonymous] : logins.values());
    const removed = before.filter((login) => !stays.has(login));
    for (const login of removed) {
      for (const caller of callers.get(login)?.values() ?? []) revoked.add(caller);
      callers.delete(login);
    }
    return removed.length > 0;
  };
  applyTokens(tokens, isClosed);

  return {
    get anonymous() {
      return anonymous;
    },
    find: (digest) => logins.get(digest),
    hasMark: (mark) => [...logins.values()].some((login) => login.mark === mark),
    callerOf(login, profile) {
      const known = callers.get(login)?.get(profile);
      if (known) return known;
      const caller = toCaller(login, profile);
      const others = callers.get(login) ?? new Map<string, Caller>();
      callers.set(login, others.set(profile, caller));
      return caller;
    },
    applyTokens,
    isRevoked: (caller) => revoked.has(caller),
  };
}

/** The key by which a token is looked up. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function toLogin(key: string, { principal, profile, scopes }: TokenConfig): Identity {
  return { principal, profile, scopes, mark: digestOf(JSON.stringify([key, principal, profile, scopes])).slice(0, 32) };
}

// A token with another principal, profile or scope is another login.
function isSame({ principal, profile, scopes }: Identity, token: TokenConfig): boolean {
  return principal === token.principal && profile === token.profile && JSON.stringify(scopes) === JSON.stringify(token.scopes);
}

function toCaller({ principal, scopes, mark, anonymous }: Identity, profile: string): Caller {
  if (anonymous === true) return { principal, profile, scopes, anonymous };
  return mark === undefined ? { principal, profile, scopes } : { principal, profile, scopes, login: mark };
}
