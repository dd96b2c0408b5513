import type { JwtConfig } from '../../config/auth/auth.ts';
import type { Logger } from '../../core/log.ts';
import { digestOf, type Identity } from '../edge/logins.ts';
import { createKeySource, type FetchJson, type KeySource } from './jwks.ts';
import { CLOCK_SKEW_S, type Grant, issuerOf, looksLikeJwt, type RefusalKind, TokenRefusal, verifyToken } from './jwt.ts';
import { isOwnAudience } from './places.ts';

/** The result for one token: the login, or why it is refused. */
export type Checked = { readonly login: Identity } | { readonly refusal: string; readonly kind: RefusalKind };

/** The logins by tokens of authorization servers. */
export interface JwtLogins {
  /** The result for a token that was checked before; undefined if it must be verified first. */
  known(token: string, digest: string): Checked | undefined;
  /** Verifies a token. Never rejects. */
  verify(token: string, digest: string): Promise<Checked>;
  /** Whether a login with this mark has a valid token. */
  isValid(mark: string): boolean;
  /** Whether a login was made by an issuer that is not configured any more, or otherwise. */
  isRemoved(login: Identity): boolean;
  /** Applies other issuers. Returns true if one was removed or changed. */
  apply(issuers: readonly JwtConfig[], published: string): boolean;
}

/** What `createJwtLogins` needs. Clocks: milliseconds since 1970, and monotonic ones. */
export interface JwtParts {
  readonly fetchJson: FetchJson;
  readonly log: Logger;
  readonly now?: () => number;
  readonly monotonic?: () => number;
}

const REMEMBERED = 1_000;
const GOOD_MS = 60_000;
const BAD_MS = 10_000;
/** As many logins are kept apart as there can be sessions. */
const MAX_LOGINS = 10_000;
const NOT_JWT: Checked = { refusal: 'wrong token', kind: 'wrong' };
const UNKNOWN: Checked = { refusal: 'token of an unknown issuer', kind: 'wrong' };

interface Issuer {
  readonly text: string;
  readonly config: JwtConfig;
  readonly isAudience: (audience: string) => boolean;
  readonly keys: KeySource;
}

interface Remembered {
  readonly checked: Checked;
  readonly until: number;
  /** When the token itself expires, in milliseconds since 1970. */
  readonly expires: number;
}

/** Creates the logins. Nothing is loaded or fetched before the first token. */
export function createJwtLogins({ fetchJson, log, now = Date.now, monotonic = () => performance.now() }: JwtParts): JwtLogins {
  let issuers = new Map<string, Issuer>();
  const good = new Map<string, Remembered>();
  const bad = new Map<string, Remembered>();
  const verifying = new Map<string, Promise<Checked>>();
  const logins = new Map<string, { readonly login: Identity; expires: number }>();
  const madeBy = new WeakMap<Identity, string>();

  const remember = (digest: string, checked: Checked, ms: number, expires: number): Checked => {
    const table = 'login' in checked ? good : bad;
    table.set(digest, { checked, until: monotonic() + ms, expires });
    if (table.size > REMEMBERED) table.delete(table.keys().next().value as string);
    return checked;
  };

  // One object for all tokens of a user with the same rights, so that a session outlives a renewed token.
  const toLogin = ({ principal, profile, scopes, expires }: Grant, { text, config }: Issuer): Identity => {
    const mark = digestOf(JSON.stringify([text, principal, profile, scopes])).slice(0, 32);
    const known = logins.get(mark);
    const login = known?.login ?? { principal, profile, profiles: config.profiles, scopes, mark };
    logins.delete(mark);
    logins.set(mark, { login, expires: Math.max(known?.expires ?? 0, expires * 1000) });
    if (logins.size > MAX_LOGINS) logins.delete(logins.keys().next().value as string);
    madeBy.set(login, text);
    return login;
  };

  const isOver = (expires: number): boolean => expires + CLOCK_SKEW_S * 1000 <= now();

  const check = async (token: string, digest: string): Promise<Checked> => {
    const issuer = issuers.get(String(issuerOf(token)));
    if (!issuer) return remember(digest, UNKNOWN, BAD_MS, 0);
    try {
      const grant = await verifyToken(token, issuer.config, issuer.isAudience, issuer.keys, now());
      // The issuer may have been removed meanwhile.
      if (issuers.get(issuer.config.issuer) !== issuer) return UNKNOWN;
      return remember(digest, { login: toLogin(grant, issuer) }, GOOD_MS, grant.expires * 1000);
    } catch (error) {
      const { message, kind, kept } = error instanceof TokenRefusal ? error : new TokenRefusal('it cannot be verified');
      const refusal: Checked = { refusal: `token of the issuer "${issuer.config.name}": ${message}`, kind };
      return kept ? remember(digest, refusal, BAD_MS, 0) : refusal;
    }
  };

  return {
    known(token, digest) {
      const found = good.get(digest) ?? bad.get(digest);
      if (found && found.until > monotonic() && (found.expires === 0 || !isOver(found.expires))) return found.checked;
      return looksLikeJwt(token) ? undefined : NOT_JWT;
    },
    verify(token, digest) {
      // Requests that arrive together need one check.
      const pending = verifying.get(digest) ?? check(token, digest).finally(() => verifying.delete(digest));
      verifying.set(digest, pending);
      return pending;
    },
    isValid(mark) {
      const found = logins.get(mark);
      return found !== undefined && !isOver(found.expires);
    },
    isRemoved(login) {
      const text = madeBy.get(login);
      return text !== undefined && ![...issuers.values()].some((issuer) => issuer.text === text);
    },
    apply(next, published) {
      const before = issuers;
      issuers = new Map(
        next.map((config) => {
          const text = JSON.stringify([config, published]);
          const known = before.get(config.issuer);
          if (known?.text === text) return [config.issuer, known];
          const named = config.audience && new Set(config.audience);
          const isAudience = (audience: string): boolean => named?.has(audience) ?? isOwnAudience(audience, published);
          return [config.issuer, { text, config, isAudience, keys: createKeySource(config, fetchJson, log, monotonic) }];
        }),
      );
      const removed = [...before.values()].filter((issuer) => issuers.get(issuer.config.issuer) !== issuer);
      good.clear();
      bad.clear();
      for (const [mark, { login }] of logins) if (removed.some(({ text }) => text === madeBy.get(login))) logins.delete(mark);
      return removed.length > 0;
    },
  };
}
