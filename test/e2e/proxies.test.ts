import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, writeConfig } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { logIn } from '../support/login.ts';
import { serveProxy } from '../support/proxy.ts';
import { rawUpstream, textOf, toolOf } from '../support/raw-upstream.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

const SITE = 'http://login.localhost';

/** A server with a login that calls itself `login.localhost`; its port. */
async function serveSite(): Promise<number> {
  const back = await rawUpstream(({ method }) => (method === 'tools/list' ? { tools: [toolOf('whoami')] } : textOf('somebody')));
  const metadata = {
    issuer: SITE,
    authorization_endpoint: `${SITE}/authorize`,
    token_endpoint: `${SITE}/token`,
    registration_endpoint: `${SITE}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
  };
  const token = { access_token: 'a-good-token', token_type: 'Bearer', expires_in: 3600 };
  const site = await listen((message, response) => {
    const answer = (body: object, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { url = '' } = message;
    if (url.startsWith('/.well-known/oauth-protected-resource')) return answer({ resource: `${SITE}/mcp`, authorization_servers: [SITE] });
    if (url.startsWith('/.well-known/')) return answer(metadata);
    if (url === '/register') return answer({ client_id: 'client', redirect_uris: ['http://127.0.0.1/callback'] }, 201);
    if (url === '/token') return answer(token);
    if (message.headers.authorization !== 'Bearer a-good-token') {
      const where = `Bearer resource_metadata="${SITE}/.well-known/oauth-protected-resource/mcp"`;
      return void response.writeHead(401, { 'www-authenticate': where }).end();
    }
    const onward = request(back.url, { method: message.method, headers: message.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    message.pipe(onward);
  });
  return Number(new URL(site).port);
}

const ask = (asked: readonly string[]): string[] => [...new Set(asked)].filter((what) => !what.includes('.well-known')).sort();

describe('a login at a server that only a proxy reaches', () => {
  it('goes through it when a user logs in', { tags: ['proxies'] }, async () => {
    const proxy = await serveProxy('ada:a-secret-word');
    proxy.hosts.set('login.localhost:80', await serveSite());
    const config = writeConfig({ proxy: proxy.url, mcpServers: { safe: { url: `${SITE}/mcp` } } });
    const login = await logIn(config, async (url) => {
      const { searchParams } = new URL(url);
      const back = new URL(String(searchParams.get('redirect_uri')));
      back.search = String(new URLSearchParams({ code: 'code', state: String(searchParams.get('state')) }));
      await fetch(back);
    });
    expect(login).toMatchObject({ code: 0, stderr: '' });
    expect(ask(proxy.asked)).toEqual([`POST ${SITE}/mcp`, `POST ${SITE}/register`, `POST ${SITE}/token`]);
    expect((await run(['call', 'whoami', '{}', '--config', config])).stdout.trim()).toBe('somebody');
    expect(proxy.logins.size).toBe(1);
  });

  it('goes through it with an id and a secret, by the proxy of the server', { tags: ['proxies'] }, async () => {
    const proxy = await serveProxy();
    proxy.hosts.set('login.localhost:80', await serveSite());
    const oauth = { clientId: 'gateway', clientSecret: 'a-very-secret-word', issuer: SITE };
    const config = writeConfig({ proxy: false, mcpServers: { safe: { type: 'http', url: `${SITE}/mcp`, oauth, proxy: proxy.url } } });
    expect(await run(['call', 'whoami', '{}', '--config', config])).toMatchObject({ code: 0, stdout: 'somebody\n' });
    expect(ask(proxy.asked)).toContain(`POST ${SITE}/token`);
  });
});

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];
const SERVER = `
  const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const seen = ${JSON.stringify(NAMES)}.map((name) => process.env[name] ?? '-').join(' ');
    if (method === 'initialize')
      answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
    else if (method === 'tools/list') answer(id, { tools: [{ name: 'seen', inputSchema: { type: 'object' } }] });
    else if (method === 'tools/call') answer(id, { content: [{ type: 'text', text: seen }] });
    else if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }));
  });`;

describe('the environment of processes that the gateway starts', () => {
  it('names proxies and certificates for servers, not for plugins', { tags: ['proxies'] }, async () => {
    const dir = tempFolder();
    const certificates = join(dir, 'more.pem');
    writePlugin(dir, 'plain', {
      'index.ts': `export const handlers = { run: () => ${JSON.stringify(NAMES)}.map((name) => process.env[name] ?? '-').join(' ') };`,
    });
    const server = { command: process.execPath, args: ['-e', SERVER], era: 'legacy' };
    const config = writeConfig(
      {
        plugins: { plain: { path: './plain' } },
        mcpServers: { as_is: server, own: { ...server, proxy: 'http://own.test:1' }, none: { ...server, proxy: false } },
      },
      [],
      dir,
    );
    const env = {
      ...{ HTTP_PROXY: 'http://env.test:1', HTTPS_PROXY: 'http://env.test:2', NO_PROXY: 'near.test', NODE_EXTRA_CA_CERTS: certificates },
      ...{ http_proxy: '', https_proxy: '', no_proxy: '' },
    };
    const seen = async (tool: string) => (await run(['call', tool, '{}', '--config', config], { env })).stdout.trim();
    expect(await seen('as_is_seen')).toBe(`http://env.test:1 http://env.test:2 near.test ${certificates}`);
    expect(await seen('own_seen')).toBe(`http://own.test:1 http://own.test:1 near.test ${certificates}`);
    expect(await seen('none_seen')).toBe(`- - near.test ${certificates}`);
    expect(await seen('plain_run')).toBe('- - - -');
  });
});

describe('plugmux doctor', () => {
  const line = async (config: object, env: NodeJS.ProcessEnv): Promise<string | undefined> => {
    const none = Object.fromEntries(
      ['http', 'https', 'no'].flatMap((name) => [`${name}_proxy`, `${name.toUpperCase()}_PROXY`]).map((n) => [n, '']),
    );
    const { stdout } = await run(['doctor', '--config', writeConfig(config)], { env: { ...none, NODE_EXTRA_CA_CERTS: '', ...env } });
    return /^proxy: (.*)$/m.exec(stdout)?.[1];
  };

  it('names the proxy of outgoing requests in one line', { tags: ['proxies'] }, async () => {
    const { url } = await rawUpstream(() => ({ tools: [] }));
    expect(await line({}, {})).toBe('none');
    expect(await line({}, { HTTP_PROXY: 'http://p:1', https_proxy: 'ada:a-secret-word@p:2', NO_PROXY: 'near.test' })).toBe(
      'http://p:1 (HTTP_PROXY) for http, http://[redacted]@p:2 (https_proxy) for https; not for near.test (NO_PROXY)',
    );
    expect(
      await line({ proxy: false, mcpServers: { near: { url, proxy: false } } }, { HTTP_PROXY: 'http://p:1', NO_PROXY: 'near.test' }),
    ).toBe('none ("proxy": false); set only for near');
    expect(await line({ proxy: 'http://p:1' }, { NODE_EXTRA_CA_CERTS: '/nowhere.pem' })).toBe(
      'http://p:1 ("proxy"); further certificates from /nowhere.pem, which cannot be read',
    );
    expect(await line({}, { HTTPS_PROXY: 'socks5://p:1' })).toBe('HTTPS_PROXY is not the address of an HTTP proxy for https');
  });
});
