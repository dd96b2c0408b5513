import type { CompactJWSHeaderParameters, CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWTPayload, KeyObject } from 'jose';
import { GATEWAY_SCOPES, type JwtConfig } from '../../config/auth/auth.ts';
import type { KeySource } from './jwks.ts';

/** What a verified token grants. */
export interface Grant {
  /** `jwt:<name>:<user>`. */
  readonly principal: string;
  /** The only profile it may use, if the issuer binds it to one. */
  readonly profile: string | undefined;
  /** The gateway's scopes, and those of the issuer that tools may need. */
  readonly scopes: readonly string[];
  /** When it expires, in seconds since 1970. */
  readonly expires: number;
}

/** A token is wrong, or was good until it expired, or cannot be verified because the issuer cannot be reached. */
export type RefusalKind = 'wrong' | 'expired' | 'unverified';

/** Why a token is not accepted. `kept`: the answer would be the same in 10 s. */
export class TokenRefusal extends Error {
  readonly kind: RefusalKind;
  readonly kept: boolean;
  constructor(message: string, kind: RefusalKind = 'wrong', kept = kind !== 'unverified') {
    super(message);
    this.kind = kind;
    this.kept = kept;
  }
}

/** Seconds that the clocks of issuer and gateway may differ. */
export const CLOCK_SKEW_S = 60;

/** Longer than any issuer's tokens; Node accepts 16 KiB of headers in all. */
const MAX_TOKEN = 16 * 1024;
const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt', 'application/jwt']);
/** Visible text of any script; users are shown in logs and in the console. */
const USER = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u;
const RESERVED: ReadonlySet<string> = new Set(GATEWAY_SCOPES);
const MAX_SCOPES = 200;

/** Whether a bearer token has the form of a signed JWT. */
export function looksLikeJwt(token: string): boolean {
  return token.length <= MAX_TOKEN && TOKEN.test(token);
}

/** The issuer that a token names. Not verified: only for choosing its configuration. */
export function issuerOf(token: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return (claims as { iss?: unknown } | null)?.iss;
  } catch {
    return undefined;
  }
}

/** Verifies a token of an issuer. `now`: milliseconds since 1970. Rejects with TokenRefusal. */
export async function verifyToken(
  token: string,
  issuer: JwtConfig,
  isAudience: (audience: string) => boolean,
  source: KeySource,
  now: number,
): Promise<Grant> {
  // Loaded by the first token, since most gateways accept none.
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose');
  const options = {
    issuer: issuer.issuer,
    algorithms: [...issuer.algorithms],
    clockTolerance: CLOCK_SKEW_S,
    requiredClaims: ['exp'],
    currentDate: new Date(now),
  };
  const verifyWith = async (set: JSONWebKeySet): Promise<{ payload: JWTPayload; header: CompactJWSHeaderParameters }> => {
    const local = createLocalJWKSet(set);
    // Keys come from the issuer only: addresses and keys in the header of a token are ignored.
    const find = async (header: CompactJWSHeaderParameters, input: FlattenedJWSInput): Promise<CryptoKey> => local(header, input);
    const done = async (key: typeof find | CryptoKey | KeyObject) => {
      const { payload, protectedHeader } = await jwtVerify(token, key as typeof find, options);
      return { payload, header: protectedHeader };
    };
    try {
      return await done(find);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // A token without a key id may be of any of several keys.
      for await (const key of error) {
        try {
          return await done(key);
        } catch (failed) {
          if (!(failed instanceof errors.JWSSignatureVerificationFailed)) throw failed;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  };
  const keysOf = async (missing: boolean): Promise<JSONWebKeySet> => {
    try {
      return await source.keys(missing);
    } catch (error) {
      throw new TokenRefusal((error as Error).message, 'unverified');
    }
  };
  try {
    const verified = await verifyWith(await keysOf(false)).catch(async (error: unknown) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return verifyWith(await keysOf(true));
    });
    const { aud } = verified.payload;
    if (![aud].flat().some((one) => typeof one === 'string' && isAudience(one))) throw new TokenRefusal('it is made for another audience');
    return toGrant(verified.payload, verified.header, issuer);
  } catch (error) {
    if (error instanceof TokenRefusal) throw error;
    if (error instanceof errors.JWKSNoMatchingKey) throw new TokenRefusal('no key of the issuer fits', 'wrong', false);
    if (error instanceof errors.JWTExpired) throw new TokenRefusal('it has expired', 'expired');
    throw new TokenRefusal(error instanceof errors.JOSEError ? error.message : 'it cannot be verified');
  }
}

function toGrant(claims: JWTPayload, { typ }: CompactJWSHeaderParameters, issuer: JwtConfig): Grant {
  if (!TYPES.has(typeof typ === 'string' ? typ.toLowerCase() : typ)) throw new TokenRefusal('its type is not that of an access token');
  // Proof that someone logged in at a client, which that client must not pass on.
  if (claims.nonce !== undefined || claims.at_hash !== undefined) throw new TokenRefusal('it is an ID token');
  const user = claims[issuer.principalClaim];
  if (typeof user !== 'string' || !USER.test(user)) throw new TokenRefusal(`its claim "${issuer.principalClaim}" names no user`);
  const named = new Set(issuer.scopeClaims.flatMap((claim) => wordsOf(claims[claim])).slice(0, MAX_SCOPES));
  const own = [...named].flatMap((name) => (Object.hasOwn(issuer.scopes, name) ? [issuer.scopes[name] as string] : []));
  // A scope of the issuer that is called like one of the gateway's grants nothing here.
  const others = [...named].filter((name) => !RESERVED.has(name));
  return {
    principal: `jwt:${issuer.name}:${user}`,
    profile: profileOf(claims, issuer.profileClaim),
    scopes: [...new Set([...own, ...others])].sort(),
    expires: claims.exp as number,
  };
}

function profileOf(claims: JWTPayload, name: string | undefined): string | undefined {
  const profile = name === undefined ? undefined : claims[name];
  if (profile === undefined || typeof profile === 'string') return profile;
  throw new TokenRefusal(`its claim "${name}" is not the name of a profile`);
}

function wordsOf(claim: unknown): string[] {
  const texts = Array.isArray(claim) ? claim : [claim];
  return texts.flatMap((text) => (typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : []));
}
