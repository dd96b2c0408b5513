import { describe, expect, it } from 'vitest';
import { type AuthorizationServer, type ProtectedServer, serveAuthorization, serveProtected } from '../support/authorization.ts';
import { connect } from '../support/clients.ts';
import { BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { freePort } from '../support/http-server.ts';
import { logIn } from '../support/login.ts';
import { SCOPE, servePartlyProtected } from '../support/partly-protected.ts';
import { until } from '../support/processes.ts';

// Login entries as written for other clients.

interface Place {
  readonly authorization: AuthorizationServer;
  readonly server: ProtectedServer;
  /** The address that the browser returns to. */
  readonly back: string;
  readonly port: number;
}

async function prepare(path = '/callback', host = '127.0.0.1'): Promise<Place> {
  const authorization = await serveAuthorization();
  const port = await freePort();
  const back = `http://${host}:${port}${path}`;
  authorization.clients.set('known', { redirect_uris: [back] });
  return { authorization, server: await serveProtected(authorization), back, port };
}

const configOf = ({ server }: Place, oauth: object): string => writeConfig({ mcpServers: { safe: { url: server.url, oauth } } });

async function works(config: string): Promise<void> {
  const { code, stderr } = await logIn(config);
  expect([code, stderr]).toEqual([0, '']);
  expect((await run(['call', 'whoami', '--config', config])).stdout.trim()).toBe('somebody');
}

describe('a login with a browser', () => {
  it('works with a registered client that has a secret', { tags: ['login-entries'] }, async () => {
    const place = await prepare();
    place.authorization.metadata.token_endpoint_auth_methods_supported = ['client_secret_post'];
    await works(configOf(place, { clientId: 'known', clientSecret: 'a-very-secret-word', callbackPort: place.port }));
    expect(place.authorization.grants[0]?.get('client_secret')).toBe('a-very-secret-word');
    expect(place.authorization.asked).not.toContain('/register');
  });

  it('sends a secret to no other host that a server names, and names the key to set', { tags: ['login-entries'] }, async () => {
    const place = await prepare();
    const issuer = place.authorization.url.replace('127.0.0.1', 'localhost');
    for (const key of ['issuer', 'authorization_endpoint', 'token_endpoint'])
      place.authorization.metadata[key] = String(place.authorization.metadata[key]).replace('127.0.0.1', 'localhost');
    place.server.resource.authorization_servers = [issuer];
    const oauth = { clientId: 'known', clientSecret: 'a-very-secret-word', callbackPort: place.port };
    const { code, stderr } = await logIn(configOf(place, oauth));
    expect([code, stderr]).toEqual([1, expect.stringContaining(`add "issuer": "${issuer}" to the "oauth"`)]);
    expect(place.authorization.grants).toEqual([]);
  });

  it('replaces an id and secret that are not sufficient', { tags: ['login-entries'] }, async () => {
    const place = await prepare();
    const oauth = { clientId: 'known', clientSecret: 'a-very-secret-word', issuer: place.authorization.url, callbackPort: place.port };
    const config = configOf(place, oauth);
    const front = await serve(config, { bin: BIN });
    await front.said('plugmux login safe');
    expect((await logIn(config)).code).toBe(0);
    const client = await connect('v2 legacy', front.at('http'));
    await until('its tools are there', async () => (await client.list()).includes('whoami'));
    expect((await client.call('whoami')).content[0]?.text).toBe('somebody');
    expect(place.authorization.grants[0]?.get('grant_type')).toBe('client_credentials');
    expect(place.authorization.grants.at(-1)?.get('grant_type')).toBe('authorization_code');
  });

  it('works with an authorization server that only the entry names', { tags: ['login-entries'] }, async () => {
    const place = await prepare('/oauth/callback', 'localhost');
    const { url } = place.authorization;
    place.authorization.interfere = (request) => (request.url?.startsWith('/.well-known') ? 404 : undefined);
    place.server.resource.authorization_servers = undefined;
    const oauth = {
      clientId: 'known',
      authorizationUrl: `${url}/authorize`,
      tokenUrl: `${url}/token`,
      redirectUri: place.back,
      scopes: ['a', 'b'],
    };
    await works(configOf(place, oauth));
    expect(place.authorization.grants[0]?.get('redirect_uri')).toBe(place.back);
  });

  it('works with a metadata URL that the server does not name', { tags: ['login-entries'] }, async () => {
    const place = await prepare();
    place.server.resource.authorization_servers = ['https://elsewhere.example'];
    const authServerMetadataUrl = `${place.authorization.url}/.well-known/oauth-authorization-server`;
    await works(configOf(place, { clientId: 'known', callbackPort: place.port, authServerMetadataUrl }));
  });

  it('uses a client metadata URL as its client id if the server supports that', { tags: ['login-entries'] }, async () => {
    const place = await prepare();
    const clientMetadataUrl = 'https://gateway.example/client.json';
    place.authorization.clients.set(clientMetadataUrl, { redirect_uris: [place.back] });
    place.authorization.metadata.client_id_metadata_document_supported = true;
    const config = configOf(place, { clientMetadataUrl, callbackPort: place.port });
    await works(config);
    expect(place.authorization.asked).not.toContain('/register');
    expect(place.authorization.grants[0]?.get('client_id')).toBe(clientMetadataUrl);
    // A refresh uses the same client.
    place.authorization.good.clear();
    expect((await run(['call', 'whoami', '--config', config])).stdout.trim()).toBe('somebody');
    place.authorization.metadata.client_id_metadata_document_supported = undefined;
    await run(['logout', 'safe', '--config', config]);
    expect((await logIn(config)).code).toBe(0);
    expect(place.authorization.asked).toContain('/register');
  });

  it('requests the scopes that a rejected list names', { tags: ['login-challenge'] }, async () => {
    for (const era of [undefined, 'legacy']) {
      const server = await servePartlyProtected(await serveAuthorization(), 401);
      server.hidesList = true;
      const config = writeConfig({ mcpServers: { safe: { url: server.url, ...(era ? { era } : {}) } } });
      let visited = '';
      const login = await logIn(config, (url) => {
        visited = url;
        return fetch(url);
      });
      expect([login.code, login.stderr]).toEqual([0, '']);
      expect(new URL(visited).searchParams.get('scope')).toBe(SCOPE);
      expect((await run(['call', 'closed', '--config', config])).stdout.trim()).toBe('closed');
    }
  });
});

it('unusable keys of a login are reported with their location', { tags: ['login-entries'] }, async () => {
  const url = 'http://127.0.0.1:1/mcp';
  const mcpServers = {
    grant: { url, oauth: { grant: 'password' } },
    half: { url, oauth: { clientId: 'a', authorizationUrl: 'https://a.example/authorize' } },
    typo: { url, oauth: { clientID: 'a' } },
  };
  const { stdout } = await run(['doctor', '--config', writeConfig({ mcpServers })]);
  expect(stdout).toMatch(/mcp\.json:1:\d+: The entry's "oauth" cannot be used: its "grant" is "password"\./);
  expect(stdout).toContain('Write "client_credentials" or "authorization_code"');
  expect(stdout).toMatch(/mcp\.json:1:\d+: The entry's "oauth" cannot be used: it lacks tokenUrl\./);
  expect(stdout).toMatch(/mcp\.json:1:\d+: The key "oauth\.clientID" is unknown and is ignored\./);
});
