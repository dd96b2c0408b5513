import { GatewayError } from '../../../src/core/errors.ts';
import { hasToken, type RemoteServer } from '../entry.ts';

/** The NEEDS_CONFIGURATION error for a server that requires a login, with its fix. */
export function loginNeeded(id: string, server: RemoteServer, why = 'requires a login'): GatewayError {
  const { host } = server.url;
  if (hasToken(server)) {
    return new GatewayError('NEEDS_CONFIGURATION', `${host} rejects the "Authorization" header of its entry.`, {
      plugin: id,
      fix: `Replace the token, or remove it and run \`plugmux login ${id}\`.`,
    });
  }
  if (server.login?.grant === 'client_credentials') {
    const fix = `Check the "clientId", "clientSecret", "issuer" and "scope" of its "oauth", or log in with a browser: \`plugmux login ${id}\`.`;
    return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, { plugin: id, fix });
  }
  return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, {
    plugin: id,
    fix: `${server.kind === 'ws' ? 'Put' : `Run \`plugmux login ${id}\`, or put`} a token into "headers": { "Authorization": "Bearer \${env:TOKEN}" }.`,
  });
}
