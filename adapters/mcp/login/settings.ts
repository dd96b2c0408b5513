import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';

/** How the gateway logs in to a server: the `oauth` key of its entry. */
export interface LoginSettings {
  /** `client_credentials`: by an id and a secret of its own. `authorization_code`: a person agrees in a browser. */
  readonly grant: 'client_credentials' | 'authorization_code';
  /** Absent: the gateway registers itself. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** The authorization server that alone is used, whatever the upstream server names. */
  readonly issuer?: string;
  readonly scope?: string;
  /** Where the browser comes back to on this machine, for servers that know the gateway by one address; otherwise any free port. */
  readonly callbackPort?: number;
}

/** What an entry without the key comes to. */
export const NO_SETTINGS: LoginSettings = { grant: 'authorization_code' };

/** Reads the `oauth` key. Throws CONFIG_INVALID where it cannot be used. */
export function readLogin(oauth: JsonObject): LoginSettings {
  const { clientId, clientSecret, issuer, scope, scopes, callbackPort, grant } = oauth;
  // A secret goes to a server that the operator names, and to no other: which one the upstream server names is not enough.
  const needed = grant === 'client_credentials' || isText(clientSecret) ? (['clientId', 'clientSecret', 'issuer'] as const) : [];
  const missing = needed.filter((key) => !isText(oauth[key]));
  const wrongIssuer = issuer !== undefined && !(isText(issuer) && URL.canParse(issuer));
  if (missing.length > 0 || wrongIssuer) {
    const what = missing.length > 0 ? `it lacks ${missing.join(', ')}` : 'its "issuer" is no address';
    throw new GatewayError('CONFIG_INVALID', `The entry's "oauth" cannot be used: ${what}.`, {
      fix: 'Write { "clientId": "...", "clientSecret": "${env:NAME}", "issuer": "https://..." }, or leave it out and run `plugmux login`.',
    });
  }
  const words = Array.isArray(scopes) ? scopes.filter(isText).join(' ') : scope;
  return {
    grant: needed.length > 0 && grant !== 'authorization_code' ? 'client_credentials' : 'authorization_code',
    ...(isText(clientId) ? { clientId } : {}),
    ...(isText(clientSecret) ? { clientSecret } : {}),
    ...(isText(issuer) ? { issuer } : {}),
    ...(isText(words) ? { scope: words } : {}),
    ...(typeof callbackPort === 'number' && Number.isInteger(callbackPort) && callbackPort > 0 ? { callbackPort } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
