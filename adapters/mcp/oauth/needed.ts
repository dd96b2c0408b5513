import { GatewayError } from '../../../src/core/errors.ts';
import { hasToken, type RemoteServer } from '../entry.ts';

/** NEEDS_CONFIGURATION for a server that wants a login, with what to do about it. */
export function loginNeeded(id: string, server: RemoteServer, why = 'wants a login'): GatewayError {
  const { host } = server.url;
  if (hasToken(server)) {
    return new GatewayError('NEEDS_CONFIGURATION', `${host} refuses the "Authorization" of its "headers".`, {
      plugin: id,
      fix: `Give it a token that is good, or take it out and run \`plugmux login ${id}\`.`,
    });
  }
  if (server.login?.grant === 'client_credentials') {
    const fix = `Check the "clientId", "clientSecret", "issuer" and "scope" of its "oauth", or run \`plugmux login ${id}\` as a person.`;
    return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, { plugin: id, fix });
  }
  return new GatewayError('NEEDS_CONFIGURATION', `${host} ${why}.`, {
    plugin: id,
    fix: `${server.kind === 'ws' ? 'Give' : `Run \`plugmux login ${id}\`, or give`} a token in "headers": { "Authorization": "Bearer \${env:TOKEN}" }.`,
  });
}
