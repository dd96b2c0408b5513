import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { isLoopback } from './guarded-fetch.ts';
import { type LoginSettings, namedServers } from './settings.ts';
import type { StoredLogin } from './stored.ts';

/** Where the parts of one login are while it goes on. */
export interface LoginState {
  read(): StoredLogin | undefined;
  write(login: StoredLogin): void;
}

/** What the SDK's flow is run with. */
export interface ProviderParts {
  /** The server that is logged in to. */
  readonly server: URL;
  readonly settings: LoginSettings;
  readonly state: LoginState;
  readonly redirectUrl: string;
  /** The word that comes back with the browser. */
  readonly word?: string;
  /** Whether the gateway may register itself; only a person's login does. */
  readonly registers: boolean;
  /** A person has to go there. */
  visit(url: URL): void;
}

const PKCE = 'S256';

/** The login of a person, as the SDK's flow asks for it. */
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
      assertSafe('page to visit', url.href);
      visit(url);
    },
    saveCodeVerifier(code) {
      verifier = code;
    },
    codeVerifier: () => verifier,
  };
}

// An authorization server that the operator describes need not do so itself.
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

// What a server names for a login is foreign: it must be able to protect the code, and be the one that was agreed on.
function assertUsable(
  { authorizationServerUrl, authorizationServerMetadata }: OAuthDiscoveryState,
  settings: LoginSettings,
  server: URL,
): void {
  const { issuer, clientSecret } = settings;
  const name = hostOf(authorizationServerUrl);
  if (!authorizationServerMetadata) throw refused(`${name} tells nothing of how to log in there`);
  const { issuer: found, code_challenge_methods_supported: methods, ...places } = authorizationServerMetadata;
  if (issuer !== undefined && trim(found) !== trim(issuer)) throw refused(`the server names ${found}, and its entry the issuer ${issuer}`);
  // Which authorization server an upstream server names is not enough to send a secret there, unless both are one host.
  if (clientSecret !== undefined && namedServers(settings).length === 0 && hostnameOf(found) !== server.hostname) {
    const fix = `If the client is registered at ${found}, write "issuer": ${JSON.stringify(found)} into the "oauth" of its entry.`;
    throw refused(`the server names ${found}, and its entry has a secret without an issuer`, fix);
  }
  if (!methods?.includes(PKCE)) throw refused(`${name} does not protect the code of a login (PKCE with ${PKCE})`);
  assertSafe('page to visit', places.authorization_endpoint);
  assertSafe('place for tokens', places.token_endpoint);
}

// A person's browser is sent there, or a secret: over TLS, or to this machine.
function assertSafe(what: string, text: string): void {
  if (!URL.canParse(text)) throw refused(`the ${what} is no address`);
  const { protocol, hostname, host } = new URL(text);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return;
  throw refused(`the ${what} is ${host === '' ? `a ${protocol} address` : `on ${host} and not https`}`);
}

function refused(why: string, fix?: string): GatewayError {
  return new GatewayError('LOGIN_REFUSED', `The login was given up: ${why}.`, fix === undefined ? {} : { fix });
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
