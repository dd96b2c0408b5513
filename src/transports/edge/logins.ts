import { createHash } from 'node:crypto';
import type { TokenConfig } from '../../config/config.ts';
import { type Caller, localCaller } from '../../core/contract/caller.ts';

/** A verified principal: the holder of a token, or the anonymous one. */
export interface Identity {
  readonly principal: string;
  /** The only profile it may use, where the token says so. */
  readonly profile?: string | undefined;
  readonly scopes: readonly string[];
  /** A digest of the token and of what it allows: what is bound to a login is void for the next one of its principal. */
  readonly mark?: string;
  /** No token was required. */
  readonly anonymous?: boolean;
}

/** The tokens of the configuration that holds now. */
export interface Logins {
  /** The login of a request that shows no token; undefined where one is needed. */
  readonly anonymous: Identity | undefined;
  /** The login of a token, by the digest of the token. */
  find(digest: string): Identity | undefined;
  /** The caller that a login is in a profile: one object for each, since callers are compared and remembered by identity. */
  callerOf(login: Identity, profile: string): Caller;
  /** Takes over other tokens. Those that stay as they were keep their callers; true where a login has gone. */
  applyTokens(tokens: readonly TokenConfig[]): boolean;
  /** Whether the login of a caller has gone. */
  isRevoked(caller: Caller): boolean;
}

/** The logins of a configuration; without tokens everybody is the same anonymous caller. */
export function createLogins(tokens: readonly TokenConfig[]): Logins {
  const callers = new Map<Identity, Map<string, Caller>>();
  const revoked = new WeakSet<Caller>();
  let anonymous: Identity | undefined;
  let logins = new Map<string, Identity>();

  const applyTokens = (next: readonly TokenConfig[]): boolean => {
    const before = anonymous ? [anonymous] : [...logins.values()];
    const known = logins;
    logins = new Map(
      next.map((token) => {
        const key = digestOf(token.token);
        const login = known.get(key);
        return [key, login && isSame(login, token) ? login : toLogin(key, token)];
      }),
    );
    if (next.length > 0) anonymous = undefined;
    else anonymous ??= { principal: localCaller().principal, scopes: [], anonymous: true };
    const stays = new Set(anonymous ? [anonymous] : logins.values());
    const gone = before.filter((login) => !stays.has(login));
    for (const login of gone) {
      for (const caller of callers.get(login)?.values() ?? []) revoked.add(caller);
      callers.delete(login);
    }
    return gone.length > 0;
  };
  applyTokens(tokens);

  return {
    get anonymous() {
      return anonymous;
    },
    find: (digest) => logins.get(digest),
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

/** What a token is looked up by. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function toLogin(key: string, { principal, profile, scopes }: TokenConfig): Identity {
  return { principal, profile, scopes, mark: digestOf(JSON.stringify([key, principal, profile, scopes])).slice(0, 32) };
}

// Another principal, profile or scope makes it another login.
function isSame({ principal, profile, scopes }: Identity, token: TokenConfig): boolean {
  return principal === token.principal && profile === token.profile && JSON.stringify(scopes) === JSON.stringify(token.scopes);
}

function toCaller({ principal, scopes, mark, anonymous }: Identity, profile: string): Caller {
  if (anonymous === true) return { principal, profile, scopes, anonymous };
  return mark === undefined ? { principal, profile, scopes } : { principal, profile, scopes, login: mark };
}
