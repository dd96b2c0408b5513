import type { JSONWebKeySet } from 'jose';
import { isTrustworthy, type JwtConfig } from '../../config/auth/auth.ts';
import { toError } from '../../core/errors.ts';
import { asObject, isJsonObject, type JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';

/** Fetches a JSON document for a login. Rejects on anything but a 200 with JSON; follows no redirect. */
export type FetchJson = (url: string) => Promise<JsonValue>;

/** The keys of one issuer. */
export interface KeySource {
  /** Its keys, fetched again after 10 minutes. `missing`: a token names a key that they lack. Rejects if there are none. */
  keys(missing?: boolean): Promise<JSONWebKeySet>;
}

const FRESH_MS = 10 * 60_000;
/** Tokens of strangers can name any key, so they make the gateway ask the issuer at most this often. */
const AGAIN_MS = 30_000;
/** How long known keys hold if the issuer cannot be reached. */
const HELD_MS = 24 * 3_600_000;

/** Metadata addresses of an issuer, in the order of the MCP specification: RFC 8414, then OpenID Connect. */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const openid = `${origin}/.well-known/openid-configuration${path}`;
  return path === '' ? [oauth, openid] : [oauth, openid, `${origin}${path}/.well-known/openid-configuration`];
}

/** The metadata of an issuer. Rejects with the reasons if no address has it, or if it belongs to another issuer. */
export async function fetchMetadata(issuer: string, fetchJson: FetchJson): Promise<ReturnType<typeof asObject>> {
  const faults: string[] = [];
  for (const url of metadataAddresses(issuer)) {
    try {
      const found = asObject(await fetchJson(url));
      if (found.issuer === issuer) return found;
      faults.push(`${url} names another issuer`);
    } catch (error) {
      faults.push(`${url}: ${toError(error).message}`);
    }
  }
  throw new Error(`no metadata of the issuer was found: ${faults.join('; ')}`);
}

/** The address of an issuer's keys. */
export async function keyAddress({ issuer, jwksUri }: Pick<JwtConfig, 'issuer' | 'jwksUri'>, fetchJson: FetchJson): Promise<string> {
  if (jwksUri !== undefined) return jwksUri;
  const { jwks_uri: uri } = await fetchMetadata(issuer, fetchJson);
  if (typeof uri !== 'string' || !isTrustworthyBeside(uri, issuer)) throw new Error('its metadata names no https address of keys');
  return uri;
}

// Metadata must not lead to a service of this machine, unless the issuer itself runs there.
function isTrustworthyBeside(uri: string, issuer: string): boolean {
  return isTrustworthy(uri) && (new URL(uri).protocol === 'https:' || new URL(issuer).protocol === 'http:');
}

/** Reads a key set. Keys that are not for public-key signatures are left out. */
export function toKeySet(value: JsonValue): JSONWebKeySet {
  const { keys } = asObject(value);
  if (!Array.isArray(keys)) throw new Error('it is not a set of keys');
  const usable = keys.filter((key) => isJsonObject(key) && ['RSA', 'EC', 'OKP'].includes(String(key.kty)));
  if (usable.length === 0) throw new Error('it has no public key');
  return { keys: usable as unknown as JSONWebKeySet['keys'] };
}

/** Creates the source. `now`: a monotonic clock in milliseconds. */
export function createKeySource(
  config: Pick<JwtConfig, 'name' | 'issuer' | 'jwksUri'>,
  fetchJson: FetchJson,
  log: Logger,
  now: () => number = () => performance.now(),
): KeySource {
  let known: { readonly set: JSONWebKeySet; readonly at: number } | undefined;
  let tried = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    tried = now();
    try {
      known = { set: toKeySet(await fetchJson(await keyAddress(config, fetchJson))), at: now() };
    } catch (error) {
      log.warn(`the keys of the issuer "${config.name}" cannot be fetched: ${toError(error).message}`);
    }
  };

  return {
    async keys(missing = false) {
      const age = known ? now() - known.at : Number.POSITIVE_INFINITY;
      const isDue = missing || age >= FRESH_MS;
      // One request for all tokens that wait for it.
      if (isDue && !fetching && now() - tried >= AGAIN_MS)
        fetching = fetchKeys().finally(() => {
          fetching = undefined;
        });
      if (fetching && isDue) await fetching;
      if (!known || now() - known.at >= HELD_MS) throw new Error('no keys of the issuer are known');
      return known.set;
    },
  };
}
