import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { serve, writeConfig } from '../../support/gateway.ts';
import { freePort } from '../../support/http-server.ts';
import { serveIssuer } from '../../support/issuer.ts';
import { META } from '../../support/modern.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

const TOKENS = [
  { token: 'a-token-that-may-send-mail', principal: 'ada', scopes: ['use', 'mail:send'] },
  { token: 'a-token-that-may-not-do-it', principal: 'bob', scopes: ['use'] },
  { token: 'a-token-that-only-observes', principal: 'eve', scopes: ['observe'] },
  { token: 'a-token-without-any-scopes', principal: 'joe' },
] as const;
const [ADA, BOB, EVE, JOE] = TOKENS.map(({ token }) => token) as [string, string, string, string];

async function start(more: object = {}) {
  const plugins = { plain: { path: './plain.fixture', scope: { count: ['mail:send', 'mail:read'], echo: 'mail:send' } } };
  return serve(writeConfig({ auth: { tokens: TOKENS }, plugins, ...more }, ['plain']));
}

type Gateway = Awaited<ReturnType<typeof serve>>;

async function post(gateway: Gateway, token: string, body: object, headers: Record<string, string> = {}, path = '/mcp'): Promise<Response> {
  return fetch(gateway.url.replace('/mcp', path), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

const callOf = (name: string, args: object, id = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

async function call(gateway: Gateway, token: string, name: string, args: object): Promise<Response> {
  const message = callOf(name, args);
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': name, 'mcp-protocol-version': '2026-07-28' };
  return post(gateway, token, { ...message, params: { ...message.params, _meta: META } }, headers);
}

async function openSession(gateway: Gateway, token: string, revision = '2025-11-25'): Promise<Record<string, string>> {
  const clientInfo = { name: 'test', version: '1' };
  const params = { protocolVersion: revision, capabilities: {}, clientInfo };
  const opened = await post(gateway, token, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
  return { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': revision };
}

describe('a scope of a tool', () => {
  it('is needed in both eras and over plain HTTP', { tags: ['scope-challenge'] }, async () => {
    const gateway = await start();
    const session = await openSession(gateway, BOB);
    const plain = (token: string) => post(gateway, token, { message: 'hi' }, {}, '/api/tools/echo');
    const refused = [
      await call(gateway, BOB, 'echo', { message: 'hi' }),
      await post(gateway, BOB, callOf('echo', { message: 'hi' }), session),
    ];
    for (const answer of [...refused, await plain(BOB)]) {
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        403,
        'Bearer realm="plugmux", error="insufficient_scope", scope="use mail:send"',
      ]);
      const { error } = (await answer.json()) as { error: { data?: object } };
      expect(error.data ?? error).toMatchObject({ code: 'SCOPE_MISSING', scopes: ['use', 'mail:send'], outcome: 'NOT_SENT' });
    }
    expect([(await call(gateway, ADA, 'echo', { message: 'hi' })).status, (await plain(ADA)).status]).toEqual([200, 200]);
    const both = await call(gateway, ADA, 'count', { to: 1 });
    expect(both.headers.get('www-authenticate')).toContain('scope="use mail:send mail:read"');
  });

  it('that only the opener of a session has is not lent to another token', { tags: ['scope-challenge'] }, async () => {
    const own = { ...TOKENS[1], token: 'another-token-of-ada-here', principal: 'ada' };
    const gateway = await start({ auth: { tokens: [...TOKENS, own] } });
    const session = await openSession(gateway, ADA);
    const hi = callOf('echo', { message: 'hi' });
    const both = [own.token, ADA].map((token) => post(gateway, token, hi, session).then(({ status }) => status));
    expect(await Promise.all(both)).toEqual([403, 200]);
    expect((await post(gateway, own.token, hi, session)).status).toBe(403);
    expect((await post(gateway, ADA, hi, session)).status).toBe(200);
  });

  it('in a batch and on a WebSocket is missed with a tool error', { tags: ['scope-challenge'] }, async () => {
    const gateway = await start();
    const missing = { isError: true, _meta: { 'plugmux/error': { code: 'SCOPE_MISSING', scopes: ['use', 'mail:send'] } } };
    const session = await openSession(gateway, BOB, '2025-03-26');
    const batch = await post(gateway, BOB, [callOf('echo', { message: 'hi' }, 7)] as never, session);
    const text = await batch.text();
    expect(batch.status).toBe(200);
    expect(JSON.parse(text.replace(/^[^[]*(\[.*\])\s*$/s, '$1'))).toMatchObject([{ id: 7, result: missing }]);
    const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: { authorization: `Bearer ${BOB}` } });
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.on('open', resolve));
    const message = callOf('echo', { message: 'hi' });
    socket.send(JSON.stringify({ ...message, params: { ...message.params, _meta: META } }));
    const reply = await new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    expect(JSON.parse(reply)).toMatchObject({ id: 1, result: missing });
  });

  it('is not needed without a login', { tags: ['scope-challenge'] }, async () => {
    const plugins = { plain: { path: './plain.fixture', scope: { '*': 'mail:send' } } };
    const gateway = await serve(writeConfig({ plugins }, ['plain']));
    expect((await call(gateway, '', 'echo', { message: 'hi' })).status).toBe(200);
  });
});

describe('the scope "use"', () => {
  it('is needed to call anything, and a token without scopes has it', { tags: ['scope-challenge'] }, async () => {
    const gateway = await start();
    const list = (token: string) => fetch(gateway.url.replace('/mcp', '/api/tools'), { headers: { authorization: `Bearer ${token}` } });
    expect([(await list(JOE)).status, (await list(EVE)).status]).toEqual([200, 403]);
    const refused = await call(gateway, EVE, 'echo', { message: 'hi' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="plugmux", error="insufficient_scope", scope="use"',
    ]);
    const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: { authorization: `Bearer ${EVE}` } });
    expect(await new Promise((resolve) => socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode)))).toBe(403);
  });
});

describe('calls per minute', () => {
  it('are counted for each principal', { tags: ['calls-per-minute'] }, async () => {
    const gateway = await start({ limits: { callsPerMinute: 2 } });
    const log = (token: string) => call(gateway, token, 'log', {});
    expect([(await log(ADA)).status, (await log(ADA)).status]).toEqual([200, 200]);
    const refused = await log(ADA);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await refused.json()).toMatchObject({ error: { data: { code: 'RATE_LIMITED' } } });
    expect((await log(BOB)).status).toBe(200);
    // Lists are no calls.
    expect((await fetch(gateway.url.replace('/mcp', '/api/tools'), { headers: { authorization: `Bearer ${ADA}` } })).status).toBe(200);
    expect((await post(gateway, ADA, {}, {}, '/api/tools/log')).status).toBe(429);
  });
});

describe('a WebSocket', () => {
  it('is opened by a token of an issuer, and challenged without one', { tags: ['jwt-issuers'] }, async () => {
    const published = `http://127.0.0.1:${await freePort()}`;
    const issuer = await serveIssuer('plain', published);
    const config = { listen: { public: published }, auth: { jwt: [{ name: 'id', issuer: issuer.issuer }] } };
    const gateway = await serve(writeConfig(config, ['plain']), { address: new URL(published).host });
    const open = (authorization?: string) =>
      new Promise<number | string>((resolve) => {
        const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: authorization === undefined ? {} : { authorization } });
        socket.on('open', () => resolve('open'));
        socket.on('unexpected-response', (_, { statusCode = 0, headers }) => resolve(`${statusCode} ${headers['www-authenticate']}`));
        socket.on('error', () => undefined);
        onTestFinished(() => socket.terminate());
      });
    const where = `resource_metadata="${published}/.well-known/oauth-protected-resource/ws", scope="mcp:use"`;
    expect(await open(`Bearer ${await issuer.sign()}`)).toBe('open');
    expect(await open()).toBe(`401 Bearer ${where}`);
    expect(await open('Bearer a.b.c')).toBe(`401 Bearer error="invalid_token", ${where}`);
  });
});

describe('HTTPS', () => {
  /** A certificate of this name in PEM files. */
  function certify(dir: string, name: string): void {
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const files = ['-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.pem`), '-subj', `/CN=${name}`];
    execFileSync('openssl', [...args, ...files], { stdio: 'pipe' });
  }

  it('is served with a certificate that may be renewed', { tags: ['tls'] }, async () => {
    const dir = tempFolder();
    for (const name of ['first', 'second']) certify(dir, name);
    const put = (name: string): void => {
      for (const kind of ['key', 'pem']) copyFileSync(join(dir, `${name}.${kind}`), join(dir, `used.${kind}`));
    };
    put('first');
    const gateway = await serve(writeConfig({ listen: { tls: { cert: './used.pem', key: './used.key' } } }, ['plain'], dir));
    expect(gateway.url).toMatch(/^https:/);
    const look = () =>
      new Promise<string>((resolve, reject) => {
        const asked = get(gateway.url.replace('/mcp', '/readyz'), { rejectUnauthorized: false, agent: false }, (response) => {
          const { subject } = (response.socket as TLSSocket).getPeerCertificate();
          resolve(`${response.statusCode} ${subject.CN}`);
          response.resume();
        });
        asked.on('error', reject);
      });
    expect(await look()).toBe('200 first');
    put('second');
    await until('the certificate is renewed', async () => (await look()) === '200 second');
    // A certificate without its key stays unused.
    copyFileSync(join(dir, 'first.pem'), join(dir, 'used.pem'));
    await gateway.said('the certificate is not renewed');
    expect(await look()).toBe('200 second');
  });
});
