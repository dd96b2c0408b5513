import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer as OldServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { createMcpHandler, fromJsonSchema, McpServer, OAuthError, OAuthErrorCode, requireBearerAuth } from '@modelcontextprotocol/server';
import { listen } from './http-server.ts';

/** An authorization server that records its requests. */
export interface AuthorizationServer {
  readonly url: string;
  /** Its metadata; a test may change it. */
  readonly metadata: Record<string, unknown>;
  /** Requested paths, in order. */
  readonly asked: string[];
  /** Bodies sent to the token endpoint. */
  readonly grants: URLSearchParams[];
  readonly clients: Map<string, { redirect_uris: string[] }>;
  /** Valid access tokens, with the resource they are for. */
  readonly good: Map<string, string>;
  /** The scopes of each access token; a test may omit them from the replies. */
  readonly scopes: Map<string, string>;
  tellsScope: boolean;
  /** Whether the user approves. */
  agrees: boolean;
  /** Replaces the reply, if set. */
  interfere?: (request: IncomingMessage) => number | undefined;
}

interface Pending {
  readonly client: string;
  readonly redirect: string;
  readonly challenge: string;
  readonly resource: string;
  readonly scope: string;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Starts one: authorization code grant with PKCE, dynamic registration, single-use refresh tokens. */
export async function serveAuthorization(): Promise<AuthorizationServer> {
  const codes = new Map<string, Pending>();
  const refresh = new Map<string, Pending>();
  const url = await listen((request, response) => {
    void answer(request).then(({ status, body, headers }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  });
  const self: AuthorizationServer = {
    url,
    metadata: {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      registration_endpoint: `${url}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    },
    asked: [],
    grants: [],
    clients: new Map(),
    good: new Map(),
    scopes: new Map(),
    tellsScope: true,
    agrees: true,
  };
  type Reply = { status: number; body: object; headers?: Record<string, string> };
  const deny = (error: string, status = 400): Reply => ({ status, body: { error } });

  async function answer(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    self.asked.push(pathname);
    const other = self.interfere?.(request);
    if (other !== undefined) return deny(other === 400 ? 'invalid_grant' : 'server_error', other);
    if (pathname.startsWith('/.well-known/oauth-authorization-server')) return { status: 200, body: self.metadata };
    if (pathname === '/register') return register(JSON.parse(await bodyOf(request)));
    if (pathname === '/authorize') return authorize(searchParams);
    if (pathname === '/token') return exchange(new URLSearchParams(await bodyOf(request)));
    return deny('not_here', 404);
  }

  function register(client: { redirect_uris: string[] }): Reply {
    const id = `client-${randomBytes(4).toString('hex')}`;
    self.clients.set(id, client);
    return { status: 201, body: { ...client, client_id: id } };
  }

  function authorize(query: URLSearchParams): Reply {
    const get = (key: string): string => query.get(key) ?? '';
    const back = new URL(get('redirect_uri'));
    const known = self.clients.get(get('client_id'));
    if (!known?.redirect_uris.includes(back.href) || get('code_challenge_method') !== 'S256') return deny('invalid_request');
    back.searchParams.set('state', get('state'));
    back.searchParams.set('iss', url);
    if (!self.agrees) back.searchParams.set('error', 'access_denied');
    else {
      const code = randomBytes(8).toString('hex');
      codes.set(code, {
        client: get('client_id'),
        redirect: back.href.split('?')[0] ?? '',
        challenge: get('code_challenge'),
        resource: get('resource'),
        scope: get('scope'),
      });
      back.searchParams.set('code', code);
    }
    return { status: 302, body: {}, headers: { location: back.href } };
  }

  function exchange(body: URLSearchParams): Reply {
    self.grants.push(body);
    const get = (key: string): string => body.get(key) ?? '';
    const isRefresh = get('grant_type') === 'refresh_token';
    const [from, key] = isRefresh ? [refresh, get('refresh_token')] : [codes, get('code')];
    const pending = from.get(key);
    from.delete(key);
    const proof = createHash('sha256').update(get('code_verifier')).digest('base64url');
    if (
      !pending ||
      pending.client !== get('client_id') ||
      (!isRefresh && (pending.challenge !== proof || pending.redirect !== get('redirect_uri')))
    )
      return deny('invalid_grant');
    const [access_token, refresh_token] = [`access-${randomBytes(8).toString('hex')}`, `refresh-${randomBytes(8).toString('hex')}`];
    self.good.set(access_token, get('resource'));
    self.scopes.set(access_token, pending.scope);
    refresh.set(refresh_token, pending);
    const scope = self.tellsScope && pending.scope !== '' ? { scope: pending.scope } : {};
    return { status: 200, body: { access_token, refresh_token, token_type: 'Bearer', expires_in: 3600, ...scope } };
  }
  return self;
}

/** A server of the official SDK that requires a bearer token of an authorization server. */
export interface ProtectedServer {
  readonly url: string;
  /** Its metadata for the login; a test may change it. */
  readonly resource: Record<string, unknown>;
  /** Authorization headers of the requests. */
  readonly seen: string[];
  /** A scope that every request needs, if a test sets one. */
  wants?: string;
}

/** The scope that a tool needs beyond a login. */
export const NEEDED: Readonly<Record<string, string>> = { remove: 'files:write', empty: 'files:write files:admin' };

// The challenge that the authorization specification requires; undefined if the login is sufficient.
function refusal(body: string, granted: string, always?: string): Response | undefined {
  const needed = /"method":"tools\/call"/.test(body) ? NEEDED[/"name":"(\w+)"/.exec(body)?.[1] ?? ''] : always;
  const has = granted.split(' ');
  if (needed === undefined || needed.split(' ').every((scope) => has.includes(scope))) return undefined;
  const challenge = `Bearer error="insufficient_scope", scope="${needed}", error_description="not with this login"`;
  return Response.json({ error: 'insufficient_scope' }, { status: 403, headers: { 'www-authenticate': challenge } });
}

/** Starts one with the tools `whoami`, `remove` and `empty`; the latter two need a scope each. */
export async function serveProtected(authorization: AuthorizationServer): Promise<ProtectedServer> {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'protected', version: '1.0.0' });
    const inputSchema = fromJsonSchema({ type: 'object', properties: {} });
    server.registerTool('whoami', { description: 'Says who calls', inputSchema }, (_, ctx) => ({
      content: [{ type: 'text', text: String(ctx.http?.authInfo?.clientId) }],
    }));
    for (const name of Object.keys(NEEDED)) {
      server.registerTool(name, { description: 'Needs a scope', inputSchema }, () => ({ content: [{ type: 'text', text: 'done' }] }));
    }
    return server;
  });
  let url = '';
  const seen: string[] = [];
  const verifyAccessToken = async (token: string) => {
    if (authorization.good.get(token) !== `${url}/mcp`) throw new OAuthError(OAuthErrorCode.InvalidToken, 'not a good token');
    return { token, clientId: 'somebody', scopes: [], expiresAt: Date.now() / 1000 + 3600, resource: new URL(`${url}/mcp`) };
  };
  const resource: Record<string, unknown> = {};
  const self: ProtectedServer & { url: string } = { url: '', resource, seen };
  const node = toNodeHandler({
    async fetch(request: Request): Promise<Response> {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/.well-known/oauth-protected-resource')) return Response.json(resource);
      if (pathname !== '/mcp') return new Response('', { status: 404 });
      seen.push(request.headers.get('authorization') ?? '');
      const gate = requireBearerAuth({
        verifier: { verifyAccessToken },
        resourceMetadataUrl: `${url}/.well-known/oauth-protected-resource/mcp`,
        expectedResource: new URL(`${url}/mcp`),
      });
      const auth = await gate(request);
      if (auth instanceof Response) return auth;
      const body = request.method === 'POST' ? await request.clone().text() : '';
      return refusal(body, authorization.scopes.get(auth.token) ?? '', self.wants) ?? handler.fetch(request, { authInfo: auth });
    },
  });
  url = await listen((request, response) => void node(request, response));
  Object.assign(resource, { resource: `${url}/mcp`, authorization_servers: [authorization.url] });
  self.url = `${url}/mcp`;
  return self;
}

/** The same over HTTP+SSE, with the SDK of that time. `open`: only calls of `remove` need a login. */
export async function serveProtectedSse(authorization: AuthorizationServer, open = false): Promise<ProtectedServer> {
  const transports = new Map<string, SSEServerTransport>();
  const resource: Record<string, unknown> = {};
  const seen: string[] = [];
  let url = '';
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    if (pathname.startsWith('/.well-known/oauth-protected-resource')) return void response.end(JSON.stringify(resource));
    if (pathname.startsWith('/.well-known')) return void response.writeHead(404).end();
    const token = request.headers.authorization ?? '';
    seen.push(token);
    const body = request.method === 'POST' ? await bodyOf(request) : '';
    const isClosed = !open || (/"method":"tools\/call"/.test(body) && body.includes('"name":"remove"'));
    if (isClosed && authorization.good.get(token.replace('Bearer ', '')) !== `${url}/sse`) {
      const place = `${url}/.well-known/oauth-protected-resource/sse`;
      return void response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${place}"` }).end();
    }
    const known = transports.get(searchParams.get('sessionId') ?? '');
    if (known) {
      const refused = open ? undefined : refusal(body, authorization.scopes.get(token.replace('Bearer ', '')) ?? '');
      if (refused) return void response.writeHead(403, Object.fromEntries(refused.headers)).end();
      return known.handlePostMessage(request, response, JSON.parse(body));
    }
    // Only GET opens a stream: a POST that belongs to no stream would never be answered.
    if (request.method === 'POST') return void response.writeHead(405).end();
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    const server = new OldServer({ name: 'protected', version: '1.0.0' });
    server.registerTool('whoami', { description: 'Says who calls' }, () => ({ content: [{ type: 'text', text: 'somebody' }] }));
    server.registerTool('remove', { description: 'Needs a scope' }, () => ({ content: [{ type: 'text', text: 'done' }] }));
    await server.connect(transport);
  };
  url = await listen((request, response) => void serve(request, response));
  Object.assign(resource, { resource: `${url}/sse`, authorization_servers: [authorization.url] });
  return { url: `${url}/sse`, resource, seen };
}
