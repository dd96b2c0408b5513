import { describe, expect, it } from 'vitest';
import type { RemoteServer } from '../../../../adapters/mcp/entry.ts';
import { readEntry } from '../../../../adapters/mcp/entry.ts';
import { logInByBrowser } from '../../../../adapters/mcp/oauth/browser-login.ts';
import { loginProblems, readLogin } from '../../../../adapters/mcp/oauth/settings.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { type AuthorizationServer, type ProtectedServer, serveAuthorization, serveProtected } from '../../../support/authorization.ts';

interface Place {
  readonly authorization: AuthorizationServer;
  readonly server: ProtectedServer;
}

async function prepare(): Promise<Place> {
  const authorization = await serveAuthorization();
  return { authorization, server: await serveProtected(authorization) };
}

/** Tries to log in; the browser is a fetch. */
async function logIn({ server }: Place, oauth?: JsonObject): Promise<string[]> {
  const entry = readEntry({ url: server.url, ...(oauth ? { oauth } : {}) }, '/');
  const visited: string[] = [];
  const visit = (url: URL): void => {
    visited.push(url.href);
    fetch(url).catch(() => undefined);
  };
  const login = await logInByBrowser({ server: entry?.server as RemoteServer, beyond: undefined, timeoutMs: 5_000, visit }).catch(
    (error) => {
      expect(visited).toEqual([]);
      throw error;
    },
  );
  expect(login.tokens?.access_token).toBeDefined();
  return visited;
}

describe('a server with unsafe OAuth metadata', () => {
  it('is different from a correct one', async () => {
    const place = await prepare();
    expect(await logIn(place)).toHaveLength(1);
    expect(place.authorization.good.size).toBe(1);
  });

  it.each<[string, (place: Place) => void, string]>([
    [
      'a script to visit',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { authorization_endpoint: 'javascript:alert(1)' }),
      '',
    ],
    [
      'a file to visit',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { authorization_endpoint: 'file:///etc/passwd' }),
      'file:',
    ],
    [
      'a page that is not https',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { authorization_endpoint: 'http://x.example/$(id)' }),
      'x.example and not https',
    ],
    [
      'no protection of the code',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { code_challenge_methods_supported: undefined }),
      'PKCE',
    ],
    [
      'a weak protection of the code',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { code_challenge_methods_supported: ['plain'] }),
      'PKCE',
    ],
    [
      'another issuer than its own',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { issuer: 'https://evil.example' }),
      'Issuer mismatch',
    ],
    [
      'the address of a private network',
      ({ server: { resource } }) => void Object.assign(resource, { authorization_servers: ['https://10.0.0.1'] }),
      'the OAuth metadata names 10.0.0.1',
    ],
    [
      'where clouds keep keys',
      ({ server: { resource } }) => void Object.assign(resource, { authorization_servers: ['http://169.254.169.254/latest'] }),
      'the OAuth metadata names 169.254.169.254',
    ],
    [
      'a token endpoint in the open',
      ({ authorization: { metadata } }) => void Object.assign(metadata, { token_endpoint: 'http://tokens.example/token' }),
      'tokens.example',
    ],
    [
      'the resource of somebody else',
      ({ server: { resource } }) => void Object.assign(resource, { resource: 'https://bank.example/mcp' }),
      'bank.example',
    ],
  ])('%s', { tags: ['F42', 'T9'] }, async (_, spoil, why) => {
    const place = await prepare();
    spoil(place);
    await expect(logIn(place)).rejects.toMatchObject({ code: 'LOGIN_REFUSED', message: expect.stringContaining(why) });
    expect(place.authorization.grants).toEqual([]);
  });

  it('a redirect of its description', async () => {
    const place = await prepare();
    place.authorization.interfere = ({ url }) => (url?.startsWith('/.well-known') ? 302 : undefined);
    await expect(logIn(place)).rejects.toThrow('redirects');
  });

  it('another issuer than the one of its entry', async () => {
    const place = await prepare();
    await expect(logIn(place, { issuer: 'https://login.example.com' })).rejects.toThrow('the issuer https://login.example.com');
    expect(place.authorization.asked).not.toContain('/register');
  });
});

describe('the key "oauth"', () => {
  it.each([
    [{}, { grant: 'authorization_code' }],
    [
      { clientId: 'a', scopes: ['b', 'c'], callbackPort: 1 },
      { grant: 'authorization_code', clientId: 'a', scope: 'b c', callbackPort: 1 },
    ],
    [
      { clientId: 'a', clientSecret: 'b', issuer: 'https://c', scope: 'd' },
      { grant: 'client_credentials', clientId: 'a', clientSecret: 'b', issuer: 'https://c', scope: 'd' },
    ],
    [
      { clientId: 'a', clientSecret: 'b', issuer: 'https://c', grant: 'authorization_code' },
      { grant: 'authorization_code', clientId: 'a', clientSecret: 'b', issuer: 'https://c' },
    ],
    [
      { clientId: 'a', clientSecret: 'b' },
      { grant: 'authorization_code', clientId: 'a', clientSecret: 'b' },
    ],
    [
      { enabled: true, clientId: 'a', clientSecret: 'b', authorizationUrl: 'https://c/a', tokenUrl: 'https://c/t', scopes: 'd e' },
      {
        grant: 'authorization_code',
        clientId: 'a',
        clientSecret: 'b',
        authorizationUrl: 'https://c/a',
        tokenUrl: 'https://c/t',
        scope: 'd e',
      },
    ],
  ])('%j', (oauth, settings) => expect(readLogin(oauth)).toEqual(settings));

  it('reports unused keys', { tags: ['login-entries'] }, () => {
    const told = (oauth: JsonObject | string | boolean) => loginProblems(oauth).map(({ subject, message }) => [subject, message]);
    expect(told({ clientid: 'a', issuer: 5, scope: 'b', enabled: true })).toEqual([
      ['oauth.clientid', 'The key "oauth.clientid" is unknown and is ignored.'],
      ['oauth.issuer', 'The key "oauth.issuer" is not a string and is ignored.'],
    ]);
    expect(told('yes')).toEqual([['oauth', 'The key "oauth" is not an object and is ignored.']]);
    expect(told(false)).toEqual([]);
  });

  it.each([
    [{ clientSecret: 'b' }, 'clientId, issuer'],
    [{ clientId: 'a', clientSecret: 'b', issuer: '' }, 'lacks issuer'],
    [{ grant: 'client_credentials' }, 'clientId, clientSecret, issuer'],
    [{ issuer: 'nowhere' }, '"issuer" is not a URL'],
    [{ grant: 'password' }, '"grant" is "password"'],
    [{ grant: 5 }, '"grant" is 5'],
    [{ clientId: 'a', authorizationUrl: 'https://c/a' }, 'lacks tokenUrl'],
    [{ clientId: 'a', tokenUrl: 'https://c/t' }, 'lacks authorizationUrl'],
    [{ authorizationUrl: 'https://c/a', tokenUrl: 'https://c/t' }, 'lacks clientId'],
    [{ clientId: 'a', authorizationUrl: 'https://c/a', tokenUrl: '/t' }, '"tokenUrl" is not a URL'],
    [{ redirectUri: 'https://elsewhere.example/callback' }, 'is not a loopback address'],
    [{ clientMetadataUrl: 'http://c/gateway.json' }, 'is not an https address'],
  ])('%j is rejected', (oauth, why) => expect(() => readLogin(oauth)).toThrow(why));
});
