import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** A login at an authorization server by an id and a secret of the gateway's own: the `oauth` key of a server's entry. */
export interface LoginSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The authorization server that alone gets the secret, whatever the upstream server names. */
  readonly issuer: string;
  readonly scope?: string;
}

const NEEDED = ['clientId', 'clientSecret', 'issuer'] as const;

/** Reads the `oauth` key. Throws CONFIG_INVALID where it cannot be used. */
export function readLogin(oauth: JsonObject): LoginSettings {
  const missing = NEEDED.filter((key) => typeof oauth[key] !== 'string' || oauth[key] === '');
  if (missing.length > 0 || !URL.canParse(String(oauth.issuer))) {
    const what = missing.length > 0 ? `it lacks ${missing.join(', ')}` : 'its "issuer" is no address';
    throw new GatewayError('CONFIG_INVALID', `The entry's "oauth" cannot be used: ${what}.`, {
      fix: 'Write { "clientId": "...", "clientSecret": "${env:NAME}", "issuer": "https://..." }, or put a token into "headers".',
    });
  }
  const { clientId, clientSecret, issuer, scope } = oauth as unknown as LoginSettings;
  return { clientId, clientSecret, issuer, ...(typeof scope === 'string' ? { scope } : {}) };
}

/** What fetches and renews tokens by such a login. Tokens live as long as the connection and are written nowhere. */
export async function createLogin({ clientId, clientSecret, issuer, scope }: LoginSettings): Promise<OAuthClientProvider> {
  const { ClientCredentialsProvider } = await import('@modelcontextprotocol/client');
  return new ClientCredentialsProvider({
    clientId,
    clientSecret,
    clientName: 'plugmux',
    expectedIssuer: issuer,
    ...(scope === undefined ? {} : { scope }),
  });
}
