import { describe, expect, it } from 'vitest';
import { serve, writeConfig } from '../../support/gateway.ts';
import { freePort } from '../../support/http-server.ts';
import { type IssuerStyle, serveIssuer, type TestIssuer } from '../../support/issuer.ts';
import { logInThrough } from '../../support/oauth-client.ts';

const SCOPES = { 'mcp:use': 'use', 'mcp:admin': 'admin' };

/** A gateway with profiles behind a test issuer. Its tools `count` need the scope `mail:send`, others none. */
async function start(style: IssuerStyle, entry: object = {}) {
  const published = `http://127.0.0.1:${await freePort()}`;
  const issuer = await serveIssuer(style, published);
  const jwt = [
    {
      name: 'id',
      issuer: issuer.issuer,
      scopes: SCOPES,
      profiles: ['reader'],
      ...(issuer.audience ? { audience: issuer.audience } : {}),
      ...entry,
    },
  ];
  const config = {
    listen: { public: published },
    auth: { jwt },
    profiles: { reader: { tools: ['echo'] }, hidden: {} },
    plugins: { plain: { path: './plain.fixture', scope: { 'cou*': 'mail:send' } } },
  };
  const gateway = await serve(writeConfig(config, ['plain']), { address: new URL(published).host });
  return { published, issuer, gateway, config };
}

const styles: IssuerStyle[] = ['plain', 'keycloak', 'entra', 'auth0'];

describe.each(styles)('a login through an issuer like %s', (style) => {
  it.each(['legacy', 'modern'] as const)(
    'of a client of the SDK, %s era, steps up when a tool needs a scope',
    { tags: ['jwt-issuers', 'scope-challenge', 'resource-metadata'] },
    async (era) => {
      const { published, issuer } = await start(style);
      const registered = style === 'entra' ? 'a-client-of-the-portal' : undefined;
      const session = await logInThrough(issuer, `${published}/mcp`, era, registered === undefined ? {} : { registered });
      expect((await session.client.listTools()).tools.map(({ name }) => name)).toContain('count');
      expect((await session.call('echo', { message: 'hello' })).content[0]?.text).toBe('hello');
      expect(issuer.granted.map(({ scope, resource }) => [scope, resource])).toEqual([['mcp:use', `${published}/mcp`]]);
      expect((await session.call('count', { to: 1 })).content[0]?.text).toBe('counted to 1');
      expect(issuer.granted.map(({ scope }) => scope.split(' ').sort().join(' '))).toEqual(['mcp:use', 'mail:send mcp:use']);
      // The session goes on, with the new rights.
      expect((await session.call('count', { to: 1 })).content[0]?.text).toBe('counted to 1');
      expect(session.asked).toHaveLength(2);
    },
  );
});

describe('a login', () => {
  it.each(['legacy', 'modern'] as const)(
    'that the user does not extend stays refused, %s era',
    { tags: ['scope-challenge'] },
    async (era) => {
      const { published, issuer } = await start('plain');
      issuer.grants = (scope) => scope === 'mcp:use';
      const session = await logInThrough(issuer, `${published}/mcp`, era);
      await expect(session.call('count', { to: 1 })).rejects.toThrow();
      expect((await session.call('echo', { message: 'still' })).content[0]?.text).toBe('still');
    },
  );

  it.each([
    ['Claude Code', 'http://localhost:3118/callback'],
    ['VS Code', 'http://127.0.0.1:33418/'],
    ['VS Code in a browser', 'https://vscode.dev/redirect'],
    ['Gemini CLI', 'http://localhost:7777/oauth/callback'],
  ])('works with the redirect of %s', { tags: ['jwt-issuers'] }, async (_, redirect) => {
    const { published, issuer } = await start('plain');
    const session = await logInThrough(issuer, `${published}/mcp/reader`, 'legacy', { redirect, registered: 'by-hand' });
    expect((await session.client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    expect(issuer.granted).toMatchObject([{ redirect, resource: `${published}/mcp/reader` }]);
  });
});

/** What Gemini CLI demands: the resource equals the address it was given, byte by byte, or it does not log in. */
async function likeGemini(address: string): Promise<{ found: string; servers: string[] }> {
  const { origin, pathname, protocol, host } = new URL(address);
  for (const url of [`${origin}/.well-known/oauth-protected-resource${pathname}`, `${origin}/.well-known/oauth-protected-resource`]) {
    const answer = await fetch(url);
    if (!answer.ok) continue;
    const { resource, authorization_servers: servers } = (await answer.json()) as { resource: string; authorization_servers: string[] };
    if (resource !== `${protocol}//${host}${pathname}`) throw new Error(`protected resource ${resource} is not ${address}`);
    return { found: url, servers };
  }
  throw new Error('no metadata');
}

/** What Claude Code and VS Code do: the address in the challenge first, else the computed one. */
async function likeEditors(address: string): Promise<{ resource: string; scope: string | undefined }> {
  const challenged = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  const header = challenged.headers.get('www-authenticate') ?? '';
  const named = /resource_metadata="([^"]*)"/.exec(header)?.[1];
  const answer = await fetch(named as string, { headers: { 'mcp-protocol-version': '2025-11-25' } });
  const { resource } = (await answer.json()) as { resource: string };
  return { resource, scope: /scope="([^"]*)"/.exec(header)?.[1] };
}

async function metadataOf(published: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${published}/.well-known/oauth-protected-resource${path}`, init);
}

describe('the metadata', () => {
  it('names each address exactly as clients use it', { tags: ['resource-metadata'] }, async () => {
    const { published, issuer } = await start('plain');
    for (const path of ['/mcp', '/mcp/reader', '/sse', '/ws', '/api/tools']) {
      expect(await likeGemini(published + path)).toEqual({
        found: `${published}/.well-known/oauth-protected-resource${path}`,
        servers: [issuer.issuer],
      });
    }
    expect(await (await metadataOf(published, '')).json()).toEqual({
      resource: `${published}/mcp`,
      authorization_servers: [issuer.issuer],
      scopes_supported: ['mcp:use'],
      bearer_methods_supported: ['header'],
      resource_name: 'plugmux',
    });
    for (const path of ['/mcp', '/mcp/reader'])
      expect(await likeEditors(published + path)).toEqual({ resource: published + path, scope: 'mcp:use' });
  });

  it('can be read by web pages, and nothing else can', { tags: ['resource-metadata'] }, async () => {
    const { published } = await start('plain');
    const origin = { origin: 'https://app.example' };
    const read = await metadataOf(published, '/mcp', { headers: origin });
    expect([read.status, read.headers.get('access-control-allow-origin'), read.headers.get('cache-control')]).toEqual([
      200,
      '*',
      'max-age=300',
    ]);
    const asked = await metadataOf(published, '/mcp', {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'GET' },
    });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect((await metadataOf(published, '/mcp', { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${published}/mcp`, { method: 'POST', headers: origin })).status).toBe(403);
  });

  it.each(['/mcp/none', '/mcp/', '/messages', '/mcp/reader/more', '/api/tools/echo', '/status', '/mcp"x', '/..%2fmcp', 'x/mcp'])(
    'does not exist for %s',
    { tags: ['resource-metadata'] },
    async (path) => {
      const { published } = await start('plain');
      expect((await metadataOf(published, path)).status).toBe(path === 'x/mcp' ? 401 : 404);
    },
  );

  it('exists only if there are issuers', { tags: ['resource-metadata'] }, async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    expect((await metadataOf(new URL(gateway.url).origin, '/mcp')).status).toBe(404);
  });
});

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

async function statusOf(address: string, token: string): Promise<[number, string | null]> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${token}` };
  const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(INITIALIZE) });
  return [answer.status, answer.headers.get('www-authenticate')];
}

describe('rights', () => {
  const at = (issuer: TestIssuer, published: string, path: string) => async (claims: object) =>
    (await statusOf(published + path, await issuer.sign(claims as never)))[0];

  it('come from the map of scopes only', { tags: ['jwt-rights'] }, async () => {
    const { published, issuer } = await start('plain');
    const status = at(issuer, published, '/mcp');
    expect(await status({ scope: 'mcp:use' })).toBe(200);
    expect(await status({ scope: 'mcp:admin' })).toBe(200);
    expect(await status({ scope: undefined, scp: ['x', 'mcp:use'] })).toBe(200);
    // Names of the gateway's own scopes and of members of objects grant nothing.
    for (const scope of ['', 'use', 'admin', 'use admin', 'constructor', 'toString __proto__', 'MCP:USE', 'mcp:use,mcp:admin'])
      expect([scope, await status({ scope })]).toEqual([scope, 403]);
    expect(await statusOf(`${published}/mcp`, await issuer.sign({ scope: 'admin' }))).toEqual([
      403,
      `Bearer error="insufficient_scope", resource_metadata="${published}/.well-known/oauth-protected-resource/mcp", scope="mcp:use"`,
    ]);
    const admin = async (scope: string) =>
      (await fetch(`${published}/status`, { headers: { authorization: `Bearer ${await issuer.sign({ scope })}` } })).status;
    expect([await admin('mcp:use admin'), await admin('mcp:admin')]).toEqual([404, 200]);
  });

  it('include the default profile and those of the list', { tags: ['jwt-rights'] }, async () => {
    const { published, issuer } = await start('plain');
    for (const [path, expected] of [
      ['/mcp', 200],
      ['/mcp/reader', 200],
      ['/mcp/hidden', 404],
      ['/mcp/none', 404],
    ] as const)
      expect([path, await at(issuer, published, path)({})]).toEqual([path, expected]);
  });

  it('include only the profile that the issuer names', { tags: ['jwt-rights'] }, async () => {
    const { published, issuer } = await start('plain', { profileClaim: 'team' });
    const mine = { team: 'hidden' };
    for (const [path, claims, expected] of [
      ['/mcp/hidden', mine, 200],
      ['/mcp', mine, 200],
      ['/mcp/reader', mine, 404],
      ['/mcp', { team: 'gone' }, 404],
      ['/mcp', { team: ['hidden'] }, 401],
      ['/mcp/hidden', {}, 404],
      ['/mcp/reader', {}, 200],
    ] as const)
      expect([path, claims, await at(issuer, published, path)(claims)]).toEqual([path, claims, expected]);
  });
});
