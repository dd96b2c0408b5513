import type { Client, OAuthDiscoveryState } from '@modelcontextprotocol/client';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { VERSION } from '../../../src/core/package.ts';
import type { RemoteServer } from '../entry.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { joinScopes } from './scopes.ts';

const MAX_MS = 10_000;

/** The login that a server requires. */
export interface Challenge {
  readonly resourceMetadataUrl?: URL;
  readonly scope?: string;
}

/** Sends requests without a login until the server responds with a challenge. Never rejects. */
export async function askForChallenge({ url, headers }: RemoteServer, { fetch }: GuardedFetch): Promise<Challenge> {
  const { Client, extractWWWAuthenticateParams, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  let challenge: Challenge = {};
  const watching = async (input: string | URL, init?: RequestInit): Promise<Response> => {
    // No GET streams: only responses matter here.
    if (init?.method === 'GET') return new Response(null, { status: 405 });
    const response = await fetch(input, init);
    if (response.status !== 401 && response.status !== 403) return response;
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
    const all = joinScopes(challenge.scope, scope);
    challenge = {
      ...challenge,
      ...(resourceMetadataUrl ? { resourceMetadataUrl } : {}),
      ...(all === undefined ? {} : { scope: all }),
    };
    return response;
  };
  const client = new Client({ name: 'plugmux', version: VERSION }, { versionNegotiation: { mode: 'auto' } });
  const transport = new StreamableHTTPClientTransport(url, { fetch: watching, requestInit: { headers } });
  const isOpen = await client.connect(transport, { timeout: MAX_MS }).then(
    () => true,
    () => false,
  );
  if (isOpen) for (const list of listsOf(client)) await list().catch(() => undefined);
  await transport.terminateSession().catch(() => undefined);
  await client.close().catch(() => undefined);
  return challenge;
}

function listsOf(client: Client): (() => Promise<unknown>)[] {
  const { tools, prompts, resources } = client.getServerCapabilities() ?? {};
  const options = { timeout: MAX_MS };
  return [
    ...(tools ? [() => client.listTools(undefined, options)] : []),
    ...(prompts ? [() => client.listPrompts(undefined, options)] : []),
    ...(resources ? [() => client.listResources(undefined, options)] : []),
  ];
}

/** Reads authorization server metadata from the address that the operator configured. */
export async function readDescription(url: string, { fetch }: GuardedFetch): Promise<OAuthDiscoveryState> {
  const response = await fetch(url);
  const found: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!isJsonObject(found) || typeof found.issuer !== 'string')
    throw new GatewayError('LOGIN_REFUSED', `The login was stopped: ${url} is not authorization server metadata.`);
  return { authorizationServerUrl: found.issuer, authorizationServerMetadata: found as never };
}
