import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { listen } from './http-server.ts';
import type { AtEnd } from './temp.ts';

/** The authorization servers that the test issuer behaves like. */
export type IssuerStyle = 'plain' | 'keycloak' | 'entra' | 'auth0';

/** A request of a client at the authorization endpoint that was granted. */
export interface Granted {
  readonly client: string;
  readonly redirect: string;
  readonly challenge: string;
  readonly resource: string | null;
  readonly scope: string;
}

/** An authorization server that signs JWTs. */
export interface TestIssuer {
  /** Its `iss`. */
  readonly issuer: string;
  /** The `audience` for mcp.json that it needs, if any. */
  readonly audience?: string[];
  /** Paths that were requested, in order. */
  readonly asked: string[];
  /** What was granted, in order. */
  readonly granted: Granted[];
  /** Registered clients with their redirects. `dynamic`: may register themselves. */
  readonly clients: Map<string, string[]>;
  /** Whether it answers; otherwise it closes connections. */
  isDown: boolean;
  /** Changes replies. */
  interfere?: (path: string, response: ServerResponse) => boolean;
  /** Scopes that users grant; others are left out. */
  grants: (scope: string) => boolean;
  /** Signs a token with the present key. */
  sign(claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Replaces the key; the old one is not published any more. */
  rotate(): Promise<void>;
  /** Its public keys, as published. */
  keys(): object[];
  /** The present private key. */
  key(): CryptoKey;
}

/** The audience of tokens of Entra: the application, not the resource. */
export const APPLICATION = '6e7c9a0e-6d0e-4f5c-8f6b-0f2b7a0d7c11';

/** Where each style publishes its metadata, below the origin. */
const METADATA: Readonly<Record<IssuerStyle, (path: string) => string[]>> = {
  plain: (path) => [`/.well-known/oauth-authorization-server${path}`],
  keycloak: (path) => [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`],
  // No RFC 8414 document, and the OpenID one only behind the path.
  entra: (path) => [`${path}/.well-known/openid-configuration`],
  auth0: () => ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
};

const PATHS: Readonly<Record<IssuerStyle, string>> = { plain: '', keycloak: '/realms/x', entra: '/tenant/v2.0', auth0: '/' };

/** Starts one for the gateway with this public address. */
export async function serveIssuer(style: IssuerStyle, resource: string, atEnd?: AtEnd): Promise<TestIssuer> {
  const path = PATHS[style];
  let number = 0;
  const make = async () => ({ ...(await generateKeyPair('ES256', { extractable: true })), kid: `key-${++number}` });
  let pair = await make();
  let published = [{ ...(await exportJWK(pair.publicKey)), kid: pair.kid, use: 'sig' }];
  const codes = new Map<string, Granted>();
  const origin = await listen((request, response) => void answer(request, response), atEnd);
  const issuer = origin + path;
  const base = issuer.replace(/\/$/, '');
  const metadata = {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/keys`,
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    // Entra registers no clients.
    ...(style === 'entra' ? {} : { registration_endpoint: `${base}/register` }),
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  };
  const self: TestIssuer = {
    issuer,
    ...(style === 'entra' ? { audience: [APPLICATION] } : {}),
    asked: [],
    granted: [],
    clients: new Map(),
    isDown: false,
    grants: () => true,
    sign(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer, sub: 'ada', aud: `${resource}/mcp`, iat: now, exp: now + 300, scope: 'mcp:use', ...claims };
      return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: pair.kid, typ: 'at+jwt', ...header }).sign(pair.privateKey);
    },
    async rotate() {
      pair = await make();
      published = [{ ...(await exportJWK(pair.publicKey)), kid: pair.kid, use: 'sig' }];
    },
    keys: () => published,
    key: () => pair.privateKey,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin);
    self.asked.push(pathname);
    if (self.isDown) return void request.socket.destroy();
    if (self.interfere?.(pathname, response)) return;
    const json = (status: number, body: object, headers = {}): void =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    if (METADATA[style](path).includes(pathname)) return json(200, metadata);
    if (`${origin}${pathname}` === metadata.jwks_uri) return json(200, { keys: published });
    const body = request.method === 'POST' ? await bodyOf(request) : '';
    if (`${origin}${pathname}` === metadata.registration_endpoint) return register(JSON.parse(body), json);
    if (`${origin}${pathname}` === metadata.authorization_endpoint) return authorize(searchParams, json);
    if (`${origin}${pathname}` === metadata.token_endpoint) return void exchange(new URLSearchParams(body), json);
    json(404, { error: 'not_here' });
  }

  type Json = (status: number, body: object, headers?: object) => void;

  function register({ redirect_uris }: { redirect_uris: string[] }, json: Json): void {
    const id = `client-${randomBytes(4).toString('hex')}`;
    self.clients.set(id, redirect_uris);
    json(201, { client_id: id, redirect_uris, token_endpoint_auth_method: 'none' });
  }

  function authorize(query: URLSearchParams, json: Json): void {
    const get = (key: string): string => query.get(key) ?? '';
    const redirects = self.clients.get(get('client_id')) ?? [];
    if (!redirects.includes(get('redirect_uri')) || get('code_challenge_method') !== 'S256') return json(400, { error: 'invalid_request' });
    const wanted = query.get('resource');
    const isKnown = wanted === null || wanted === `${resource}/mcp` || wanted.startsWith(`${resource}/mcp/`);
    // As Entra says it: AADSTS9010010.
    if (!isKnown) return json(400, { error: 'invalid_target' });
    const back = new URL(get('redirect_uri'));
    const code = randomBytes(8).toString('hex');
    const scope = get('scope').split(' ').filter(self.grants).join(' ');
    const granted = { client: get('client_id'), redirect: get('redirect_uri'), challenge: get('code_challenge'), resource: wanted, scope };
    self.granted.push(granted);
    codes.set(code, granted);
    for (const [key, value] of [
      ['state', get('state')],
      ['iss', issuer],
      ['code', code],
    ] as const)
      back.searchParams.set(key, value);
    json(302, {}, { location: back.href });
  }

  async function exchange(body: URLSearchParams, json: Json): Promise<void> {
    const granted = codes.get(body.get('code') ?? body.get('refresh_token') ?? '');
    const proof = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    const isRefresh = body.get('grant_type') === 'refresh_token';
    if (!granted || granted.client !== body.get('client_id') || (!isRefresh && granted.challenge !== proof))
      return json(400, { error: 'invalid_grant' });
    codes.delete(body.get('code') ?? '');
    const refresh = randomBytes(8).toString('hex');
    codes.set(refresh, granted);
    json(200, {
      access_token: await self.sign(claimsOf(granted), style === 'auth0' || style === 'entra' ? { typ: 'JWT' } : {}),
      refresh_token: refresh,
      token_type: 'Bearer',
      expires_in: 300,
      scope: granted.scope,
    });
  }

  // Each style puts scopes and audience where the provider does.
  function claimsOf({ scope, resource: wanted }: Granted): JWTPayload {
    if (style === 'entra') return { aud: APPLICATION, scope: undefined, scp: scope };
    // An audience mapper adds the resource beside what is always there.
    if (style === 'keycloak') return { aud: ['account', wanted ?? `${resource}/mcp`], scope: `openid ${scope}` };
    if (style === 'auth0') return { aud: wanted ?? `${resource}/mcp`, scope: undefined, permissions: scope.split(' ') };
    return { aud: wanted ?? `${resource}/mcp`, scope };
  }
  return self;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
