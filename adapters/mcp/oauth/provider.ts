import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { isLoopback } from './guarded-fetch.ts';
import { type LoginSettings, namedServers } from './settings.ts';
import type { StoredLogin } from './stored.ts';

/** Storage of a login in progress. */
export interface LoginState {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
}

/** Arguments of `createProvider`. */
export interface ProviderParts {
  /** The server to log in to. */
  readonly server: URL;
  readonly settings: LoginSettings;
  readonly state: LoginState;
  readonly redirectUrl: string;
  /** The OAuth `state` parameter. */
  readonly word?: string;
  /** Whether dynamic client registration is allowed; only in browser logins. */
  readonly registers: boolean;
  /** Shows the user the address to open. */
  visit(url: URL): void;
}

const PKCE = 'S256';

/** A browser login as an OAuth provider for the SDK. */
export function createProvider({ server, settings, state, redirectUrl, word, registers, visit }: ProviderParts): OAuthClientProvider {
  const { clientId, clientSecret, issuer, scope, clientMetadataUrl } = settings;
  let verifier = '';
  const update = (more: Partial<StoredLogin>): void => state.write({ ...state.read(), ...more });
  const own = clientId === undefined ? undefined : { client_id: clientId, ...(clientSecret ? { client_secret: clientSecret } : {}) };
  return {
    redirectUrl,
    clientMetadata: {
      client_name: 'plugmux',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: clientSecret === undefined ? 'none' : 'client_secret_basic',
      ...(scope === undefined ? {} : { scope }),
    },
    ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }),
    ...(word === undefined ? {} : { state: () => word }),
    clientInformation: (context) => (own ? { ...own, issuer: issuer ?? (context?.issuer as string) } : state.read()?.client),
    ...(registers && own === undefined ? { saveClientInformation: (client) => update({ client }) } : {}),
    tokens: () => state.read()?.tokens,
    saveTokens: (tokens) => update({ tokens }),
    discoveryState: () => state.read()?.discovery ?? namedServer(settings),
    saveDiscoveryState(discovery) {
      assertUsable(discovery, settings, server);
      update({ discovery });
    },
    redirectToAuthorization(url) {
      assertSafe('authorization endpoint', url.href);
      visit(url);
    },
    saveCodeVerifier(code) {
      verifier = code;
    },
    codeVerifier: () => verifier,
  };
}

// If the operator configures both endpoints, the server needs no metadata.
function namedServer({ issuer, authorizationUrl, tokenUrl }: LoginSettings): OAuthDiscoveryState | undefined {
  if (authorizationUrl === undefined || tokenUrl === undefined) return undefined;
  const url = issuer ?? new URL(tokenUrl).origin;
  return {
    authorizationServerUrl: url,
    authorizationServerMetadata: {
      issuer: url,
      authorization_endpoint: authorizationUrl,
      token_endpoint: tokenUrl,
      response_types_supported: ['code'],
      code_challenge_methods_supported: [PKCE],
    },
  };
}

// The metadata is untrusted: the server must support PKCE and match the configured issuer.
function assertUsable(
  { authorizationServerUrl, authorizationServerMetadata }: OAuthDiscoveryState,
  settings: LoginSettings,
  server: URL,
): void {
  const { issuer, clientSecret } = settings;
  const name = hostOf(authorizationServerUrl);
  if (!authorizationServerMetadata) throw refused(`${name} has no OAuth metadata`);
  const { issuer: found, code_challenge_methods_supported: methods, ...endpoints } = authorizationServerMetadata;
  if (issuer !== undefined && trim(found) !== trim(issuer))
    throw refused(`the server names ${found}, but its entry has the issuer ${issuer}`);
  // The upstream server's choice is not enough to send a secret there, unless both have the same host.
  if (clientSecret !== undefined && namedServers(settings).length === 0 && hostnameOf(found) !== server.hostname) {
    const fix = `If the client is registered at ${found}, add "issuer": ${JSON.stringify(found)} to the "oauth" of its entry.`;
    throw refused(`the server names ${found}, but its entry has a secret without an issuer`, fix);
  }
  if (!methods?.includes(PKCE)) throw refused(`${name} does not support PKCE with ${PKCE}`);
  assertSafe('authorization endpoint', endpoints.authorization_endpoint);
  assertSafe('token endpoint', endpoints.token_endpoint);
}

// The browser or a secret is sent there: only over TLS, or to this machine.
function assertSafe(what: string, text: string): void {
  if (!URL.canParse(text)) throw refused(`the ${what} is not a URL`);
  const { protocol, hostname, host } = new URL(text);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return;
  throw refused(`the ${what} is ${host === '' ? `a ${protocol} address` : `on ${host} and not https`}`);
}

function refused(why: string, fix?: string): GatewayError {
  return new GatewayError('LOGIN_REFUSED', `The login was stopped: ${why}.`, fix === undefined ? {} : { fix });
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the authorization server';
}

function trim(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
