import { isLoopback as isLoopbackHost } from '../../../src/core/addresses.ts';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';

/** How the gateway logs in to a server: the `oauth` key of its entry. */
export interface LoginSettings {
  /**
   * `client_credentials`: with a client id and secret, unless the user has logged in. `authorization_code`: the user logs in
   * with a browser.
   */
  readonly grant: 'client_credentials' | 'authorization_code';
  /** Absent: the gateway registers itself. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** The only authorization server that is used, regardless of what the upstream server names. */
  readonly issuer?: string;
  readonly scope?: string;
  /** Loopback port of the redirect, for servers that know the gateway by one redirect URI; any free port by default. */
  readonly callbackPort?: number;
  /** The whole redirect URI, as other clients write it. */
  readonly redirectUri?: string;
  /** The endpoints of an authorization server without metadata. */
  readonly authorizationUrl?: string;
  readonly tokenUrl?: string;
  /** URL of the authorization server metadata. Default: the URL in the upstream server's own metadata. */
  readonly authServerMetadataUrl?: string;
  /** URL of a client ID metadata document; it is the client id for servers that support it. */
  readonly clientMetadataUrl?: string;
}

/** Settings of an entry without `oauth`. */
export const NO_SETTINGS: LoginSettings = { grant: 'authorization_code' };

const GRANTS = ['client_credentials', 'authorization_code'] as const;
const TEXTS = [
  'clientId',
  'clientSecret',
  'issuer',
  'redirectUri',
  'authorizationUrl',
  'tokenUrl',
  'authServerMetadataUrl',
  'clientMetadataUrl',
] as const;
const ADDRESSES = ['issuer', 'authorizationUrl', 'tokenUrl', 'authServerMetadataUrl', 'redirectUri', 'clientMetadataUrl'] as const;
/** Keys that name the authorization server; a secret may be sent to these hosts. */
const SERVERS = ['issuer', 'authorizationUrl', 'tokenUrl', 'authServerMetadataUrl'] as const;
const BOTH = 'Write "authorizationUrl" and "tokenUrl" beside the "clientId", or leave both out.';
const OTHERS = ['grant', 'scope', 'scopes', 'callbackPort', 'enabled'];

/** Reads the `oauth` key. Throws CONFIG_INVALID if it cannot be used. */
export function readLogin(oauth: JsonObject): LoginSettings {
  const { scope, scopes, callbackPort, grant } = oauth;
  const found = Object.fromEntries(TEXTS.filter((key) => isText(oauth[key])).map((key) => [key, oauth[key] as string]));
  const { clientId, clientSecret, issuer, authorizationUrl, tokenUrl } = found;
  if (grant !== undefined && !GRANTS.some((known) => known === grant))
    throw unusable(
      `its "grant" is ${JSON.stringify(grant)}`,
      'Write "client_credentials" or "authorization_code", or leave it out.',
      'grant',
    );
  const missing = missingKeys(oauth, found);
  const isDescribed = authorizationUrl !== undefined || tokenUrl !== undefined;
  if (missing.length > 0) throw unusable(`it lacks ${missing.join(', ')}`, isDescribed ? BOTH : undefined);
  for (const key of ADDRESSES) {
    const address = found[key];
    if (address !== undefined && !URL.canParse(address)) throw unusable(`its "${key}" is not a URL`, undefined, key);
  }
  if (found.redirectUri !== undefined && !isOwnAddress(new URL(found.redirectUri)))
    throw unusable('its "redirectUri" is not a loopback address', 'Write it like http://localhost:7777/callback.', 'redirectUri');
  if (found.clientMetadataUrl !== undefined && !isDescription(new URL(found.clientMetadataUrl)))
    throw unusable('its "clientMetadataUrl" is not an https address with a path', undefined, 'clientMetadataUrl');
  const words = Array.isArray(scopes) ? scopes.filter(isText).join(' ') : (scope ?? scopes);
  const isByBrowser = isDescribed || found.redirectUri !== undefined;
  const isBySecret = clientId !== undefined && clientSecret !== undefined && issuer !== undefined && !isByBrowser;
  return {
    grant: grant === 'client_credentials' || (isBySecret && grant === undefined) ? 'client_credentials' : 'authorization_code',
    ...found,
    ...(isText(words) ? { scope: words } : {}),
    ...(typeof callbackPort === 'number' && Number.isInteger(callbackPort) && callbackPort > 0 ? { callbackPort } : {}),
  };
}

/** The keys of `oauth` that are ignored. */
export function loginProblems(oauth: JsonValue | undefined): Problem[] {
  if (oauth === undefined || typeof oauth === 'boolean') return [];
  if (!isJsonObject(oauth)) return [ignored('oauth', 'is not an object')];
  const known: readonly string[] = [...TEXTS, ...OTHERS];
  return Object.entries(oauth).flatMap(([key, value]) => {
    if (!known.includes(key)) return [ignored(`oauth.${key}`, 'is unknown')];
    const isMisspelt = TEXTS.some((name) => name === key) && !isText(value);
    return isMisspelt ? [ignored(`oauth.${key}`, 'is not a string')] : [];
  });
}

/** The configured addresses of the authorization server. */
export function namedServers(settings: LoginSettings | undefined): URL[] {
  return SERVERS.flatMap((key) => (settings?.[key] === undefined ? [] : [new URL(settings[key])]));
}

// A secret is sent only to a server that the operator configured, or in a browser login to the upstream server's own host.
function missingKeys(oauth: JsonObject, found: Record<string, string | undefined>): string[] {
  const { grant, issuer } = oauth;
  const lacks = (...keys: readonly string[]): string[] => keys.filter((key) => found[key] === undefined);
  if (grant === 'client_credentials') return lacks('clientId', 'clientSecret', 'issuer');
  if (found.clientSecret !== undefined && found.clientId === undefined)
    return found.tokenUrl === undefined ? lacks('clientId', 'issuer') : lacks('clientId');
  if (found.authorizationUrl !== undefined || found.tokenUrl !== undefined) return lacks('clientId', 'authorizationUrl', 'tokenUrl');
  return issuer !== undefined && found.clientSecret !== undefined ? lacks('issuer') : [];
}

function isOwnAddress({ protocol, hostname, search, hash }: URL): boolean {
  return (
    protocol === 'http:' && search === '' && hash === '' && (hostname === 'localhost' || isLoopbackHost(hostname.replace(/^\[|\]$/g, '')))
  );
}

function isDescription({ protocol, pathname }: URL): boolean {
  return protocol === 'https:' && pathname !== '/';
}

function unusable(
  what: string,
  fix = 'Write { "clientId": "...", "clientSecret": "${env:NAME}", "issuer": "https://..." }, or leave it out and run `plugmux login`.',
  key?: string,
): GatewayError {
  const field = key === undefined ? 'oauth' : `oauth.${key}`;
  return new GatewayError('CONFIG_INVALID', `The entry's "oauth" cannot be used: ${what}.`, { field, fix });
}

function ignored(subject: string, what: string): Problem {
  return { subject, message: `The key "${subject}" ${what} and is ignored.` };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
