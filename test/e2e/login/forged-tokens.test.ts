import { request } from 'node:http';
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { freePort } from '../../support/http-server.ts';
import { serveIssuer, type TestIssuer } from '../../support/issuer.ts';
import { tempFolder } from '../../support/temp.ts';

let issuer: TestIssuer;
let gateway: Serving;
let published: string;
const now = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  published = `http://127.0.0.1:${await freePort()}`;
  issuer = await serveIssuer('plain', published, afterAll);
  const config = {
    listen: { public: published },
    auth: { jwt: [{ name: 'id', issuer: issuer.issuer }] },
    limits: { failedLoginsPerMinute: 10_000 },
  };
  gateway = await serve(writeConfig(config, ['plain'], tempFolder(afterAll)), { address: new URL(published).host, atEnd: afterAll });
});

interface Answer {
  readonly status: number;
  readonly challenge: string;
  readonly body: string;
}

/** Posts `initialize` with these headers, as they are. */
function post(headers: Record<string, string | string[]>, path = '/mcp'): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE });
  return new Promise((resolve, reject) => {
    const sent = request(
      gateway.url.replace('/mcp', path),
      { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers } },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, challenge: String(response.headers['www-authenticate']), body: text }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
const bearer = (token: string) => post({ authorization: `Bearer ${token}` });

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: issuer.issuer,
  sub: 'ada',
  aud: `${published}/mcp`,
  iat: now(),
  exp: now() + 300,
  scope: 'mcp:use mcp:admin',
  ...more,
});
const kid = (): string => (issuer.keys()[0] as { kid: string }).kid;

async function hmac(secret: Uint8Array, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims()).setProtectedHeader({ alg, kid: kid() }).sign(secret);
}

async function foreign(header: object = {}): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: kid(), ...header }).sign(privateKey);
}

/** A good token with other bytes in one of its parts. */
async function altered(change: (parts: string[]) => string[]): Promise<string> {
  return change((await issuer.sign()).split('.')).join('.');
}

const publicPem = async (): Promise<string> => exportSPKI((await importJWK(issuer.keys()[0] as never, 'ES256')) as never);

const FORGED: Readonly<Record<string, () => Promise<string> | string>> = {
  'without a signature': () => new UnsecuredJWT(claims()).encode(),
  'with the algorithm none and a signature': async () =>
    `${part({ alg: 'none', kid: kid() })}.${part(claims())}.${(await issuer.sign()).split('.')[2]}`,
  'with the algorithm None': async () => `${part({ alg: 'None' })}.${part(claims())}.AAAA`,
  'signed with HS256 and the public key as PEM': async () => hmac(Buffer.from(await publicPem())),
  'signed with HS256 and the public key as JWK': () => hmac(Buffer.from(JSON.stringify(issuer.keys()[0]))),
  'signed with HS512 and the set of keys': () => hmac(Buffer.from(JSON.stringify({ keys: issuer.keys() }).padEnd(64)), 'HS512'),
  'signed with an empty secret, as far as that goes': () => hmac(new Uint8Array(32)),
  'signed with a key of a stranger': () => foreign(),
  'with the key of a stranger in its header': async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { exportJWK } = await import('jose');
    const jwk = await exportJWK(publicKey);
    return new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', jwk }).sign(privateKey);
  },
  'with an address of keys in its header': () => foreign({ jku: `${issuer.issuer}/evil-keys` }),
  'with an address of a certificate in its header': () => foreign({ x5u: `${issuer.issuer}/evil.pem` }),
  'with a path as key id': () => foreign({ kid: '../../../../dev/null' }),
  'with a query as key id': () => foreign({ kid: "' OR 1=1 --" }),
  'with an unknown key id': () => foreign({ kid: 'key-0' }),
  'without a key id, of a stranger': () => foreign({ kid: undefined }),
  'with an extension that must be understood': () => foreign({ crit: ['b64'], b64: true }),
  'of another issuer': () => issuer.sign({ iss: 'https://evil.example' }),
  'of the issuer with a slash': () => issuer.sign({ iss: `${issuer.issuer}/` }),
  'of the issuer in capitals': () => issuer.sign({ iss: issuer.issuer.toUpperCase() }),
  'of a list of issuers': () => issuer.sign({ iss: [issuer.issuer] as never }),
  'without an issuer': () => issuer.sign({ iss: undefined }),
  'for another audience': () => issuer.sign({ aud: 'https://other.example/mcp' }),
  'without an audience': () => issuer.sign({ aud: undefined }),
  'for an empty list of audiences': () => issuer.sign({ aud: [] }),
  'for a list of other audiences': () => issuer.sign({ aud: ['account', `${'https://other.example'}/mcp`] }),
  'for the address with a slash': () => issuer.sign({ aud: `${published}/mcp/` }),
  'for an address that begins like this one': () => issuer.sign({ aud: `${published}.evil.example/mcp` }),
  'for the origin alone': () => issuer.sign({ aud: published }),
  'that has expired': () => issuer.sign({ exp: now() - 120 }),
  'that never expires': () => issuer.sign({ exp: undefined }),
  'that expires at a text': () => issuer.sign({ exp: 'tomorrow' as never }),
  'that is not valid yet': () => issuer.sign({ nbf: now() + 600 }),
  'that is an ID token by its nonce': () => issuer.sign({ nonce: 'n' }),
  'that is an ID token by its at_hash': () => issuer.sign({ at_hash: 'h' }),
  'of another type': () => issuer.sign({}, { typ: 'logout+jwt' }),
  'of a type that is no text': () => issuer.sign({}, { typ: 1 as never }),
  'without a user': () => issuer.sign({ sub: undefined }),
  'with an empty user': () => issuer.sign({ sub: '' }),
  'with control characters in the user': () => issuer.sign({ sub: 'ada\nadmin' }),
  'with a user that is a list': () => issuer.sign({ sub: ['ada'] as never }),
  'with a user of 300 characters': () => issuer.sign({ sub: 'a'.repeat(300) }),
  'with other claims': () => altered(([header = '', , signature = '']) => [header, part(claims({ sub: 'root' })), signature]),
  'with another header': () =>
    altered(([, body = '', signature = '']) => [part({ alg: 'ES256', kid: kid(), typ: 'JWT' }), body, signature]),
  'with a shorter signature': () => altered(([header = '', body = '', signature = '']) => [header, body, signature.slice(0, -4)]),
  'with a signature of zeros': () => altered(([header = '', body = '']) => [header, body, Buffer.alloc(64).toString('base64url')]),
  'with claims that are no JSON': () => altered(([header = '', , signature = '']) => [header, part('not json'), signature]),
  'with claims that are null': () => altered(([header = '', , signature = '']) => [header, part('null'), signature]),
  'with five parts, as if encrypted': () => altered((parts) => [...parts, 'AAAA', 'AAAA']),
  'with two parts': () => altered((parts) => parts.slice(0, 2)),
};

describe('a forged token', () => {
  it('is one of more than 40', { tags: ['jwt-forged'] }, () => expect(Object.keys(FORGED).length).toBeGreaterThan(40));

  it.each(Object.keys(FORGED))('%s is rejected, and a good one is not', { tags: ['jwt-forged'] }, async (name) => {
    const token = await FORGED[name]?.();
    const { status, challenge, body } = await bearer(token ?? '');
    expect([status, challenge]).toEqual([
      401,
      `Bearer error="invalid_token", resource_metadata="${published}/.well-known/oauth-protected-resource/mcp", scope="mcp:use"`,
    ]);
    expect(JSON.parse(body).error.data.code).toBe('UNAUTHENTICATED');
    // It stays so when the answer is remembered.
    expect((await bearer(token ?? '')).status).toBe(401);
    expect((await bearer(await issuer.sign())).status).toBe(200);
  });

  it('of 64 KB, in the query, or beside another header is rejected', { tags: ['jwt-forged'] }, async () => {
    const good = await issuer.sign();
    expect((await bearer(await issuer.sign({ padding: 'x'.repeat(64 * 1024) }))).status).toBe(431);
    expect((await post({}, `/mcp?access_token=${good}`)).status).toBe(401);
    expect((await post({ authorization: [`Bearer ${good}`, `Bearer ${good}`] })).status).toBe(400);
    expect((await post({ authorization: `Bearer ${good}, Bearer ${good}` })).status).toBe(401);
    expect((await post({ authorization: `Basic ${Buffer.from(`ada:${good}`).toString('base64')}` })).status).toBe(401);
    expect((await post({ authorization: `Bearer ${good}` })).status).toBe(200);
  });

  it('makes the gateway fetch nothing that it names', { tags: ['jwt-forged'] }, async () => {
    expect(issuer.asked.filter((path) => path.includes('evil'))).toEqual([]);
    expect(new Set(issuer.asked)).toEqual(new Set(['/.well-known/oauth-authorization-server', '/keys']));
    // Unknown keys of strangers do not multiply requests.
    expect(issuer.asked.filter((path) => path === '/keys').length).toBeLessThan(4);
  });
});
