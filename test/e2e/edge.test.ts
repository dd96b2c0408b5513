import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let open: Serving;
let guarded: Serving;
const TOKEN = 'a-token-of-sufficient-length';

beforeAll(async () => {
  open = await serve(
    writeConfig(
      { limits: { messageBytes: 100_000 }, listen: { hosts: ['my.host'], origins: ['https://good.example'] } },
      ['plain'],
      tempFolder(atEnd),
    ),
    { atEnd },
  );
  const auth = {
    tokens: [
      { token: TOKEN, principal: 'ada' },
      { token: `${TOKEN}-2`, principal: 'bob' },
    ],
  };
  guarded = await serve(writeConfig({ auth, limits: { failedLoginsPerMinute: 5 } }, ['plain'], tempFolder(atEnd)), { atEnd });
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

function send(
  target: Serving,
  options: { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string | Buffer; raw?: string[] } = {},
): Promise<Answer> {
  const url = new URL(target.url);
  return new Promise((resolve, reject) => {
    const headers = options.raw ?? {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...options.headers,
    };
    const req = request(
      {
        host: url.hostname,
        port: url.port,
        method: options.method ?? 'POST',
        path: options.path ?? '/mcp',
        headers,
        setHost: options.raw === undefined && !('host' in (options.headers ?? {})),
      },
      (res) => {
        let text = '';
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      },
    );
    req.on('error', reject);
    req.end(options.body ?? '');
  });
}

const rpc = (method: string, params: object = {}, id: unknown = 1): string => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = rpc('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } });
const envelope = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } };
const modern = { 'mcp-protocol-version': '2026-07-28' };

function codeOf({ text }: Answer): { number: number; code: string } {
  const { error } = JSON.parse(text) as { error: { code: number; data?: { code: string } } };
  return { number: error.code, code: error.data?.code ?? '' };
}

describe('Host', () => {
  it.each(['localhost', 'localhost:1', '127.0.0.1:9', '[::1]:80', 'my.host', 'MY.HOST:8808', 'LocalHost'])('accepts %s', async (host) => {
    expect((await send(open, { headers: { host }, body: initialize })).status).toBe(200);
  });

  it.each([
    'evil.com',
    'localhost/evil',
    'a@localhost',
    'localhost#x',
    'localhost?x',
    '127.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '[::ffff:127.0.0.1]',
    'localhost.',
    '127.0.0.1.nip.io',
    'localhost:',
    'localhost:99999',
    'localhost:80:80',
    ' ',
    'localhost evil',
    '[::1',
    '::1',
    'localhost\\evil',
    '127.0.0.1%00',
    'xn--localhost',
    'notlocalhost',
    'localhost.evil.com',
    '0.0.0.0',
    '[::]',
  ])('rejects %s', { tags: ['F21', 'T1'] }, async (host) => {
    const answer = await send(open, { headers: { host }, body: initialize });
    expect([400, 403]).toContain(answer.status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(codeOf(answer).code).toMatch(/HOST_REFUSED|INVALID_REQUEST/);
  });

  it('rejects a missing and a duplicate header', { tags: ['F21', 'T1'] }, async () => {
    expect((await send(open, { raw: ['Content-Type', 'application/json'], body: initialize })).status).toBe(400);
    expect(
      (await send(open, { raw: ['Host', 'localhost', 'Host', 'evil.com', 'Content-Type', 'application/json'], body: initialize })).status,
    ).toBe(400);
  });

  it('ignores the headers of a proxy', { tags: ['F29'] }, async () => {
    expect(
      (
        await send(open, {
          headers: { host: 'evil.com', 'x-forwarded-host': 'localhost', 'x-forwarded-for': '127.0.0.1' },
          body: initialize,
        })
      ).status,
    ).toBe(403);
  });
});

describe('Origin', () => {
  it("accepts no header, the gateway's own origin and listed ones", async () => {
    const { host } = new URL(open.url);
    expect(
      (await send(open, { headers: { origin: 'https://good.example' }, body: initialize })).headers['access-control-allow-origin'],
    ).toBe('https://good.example');
    expect((await send(open, { headers: { origin: `http://${host}` }, body: initialize })).status).toBe(200);
  });

  it.each([
    'null',
    'https://evil.com',
    'https://good.example.evil.com',
    'https://good.example:444',
    'http://good.example',
    'file://',
    'http://127.0.0.1.nip.io',
    'chrome-extension://x',
    'https://user@good.example',
    '',
  ])('rejects %j on every method', { tags: ['T1'] }, async (origin) => {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const answer = await send(open, { method, headers: { origin }, body: method === 'POST' ? initialize : '' });
      expect([method, answer.status]).toEqual([method, 403]);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('rejects a duplicate header', async () => {
    const { host } = new URL(open.url);
    expect(
      (
        await send(open, {
          raw: ['Host', host, 'Origin', 'https://good.example', 'Origin', 'https://good.example', 'Content-Type', 'application/json'],
          body: initialize,
        })
      ).status,
    ).toBe(403);
  });

  it('answers a preflight for listed origins, with the headers that clients need', { tags: ['F22'] }, async () => {
    const { status, headers } = await send(open, {
      method: 'OPTIONS',
      headers: { origin: 'https://good.example', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(204);
    expect(headers['access-control-allow-headers']).toMatch(/Mcp-Session-Id.*Mcp-Method/);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    const reply = await send(open, { headers: { origin: 'https://good.example' }, body: initialize });
    expect(reply.headers['access-control-expose-headers']).toContain('Mcp-Session-Id');
  });
});

describe('routes and bodies', () => {
  it.each(['/', '//mcp', '/mcp//', '/mcp/../admin', '/%6dcp', '/MCP', '/mcp%2f', '/admin', '/status/'])(
    'serves nothing at %s',
    { tags: ['F26'] },
    async (path) => {
      const answer = await send(open, { path, body: initialize });
      expect(answer.status).toBe(404);
      // Errors of the console, whose page is at /, are JSON, but not JSON-RPC.
      if (path === '/') expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'NOT_FOUND' } });
      else expect(codeOf(answer)).toEqual({ number: -32600, code: 'NOT_FOUND' });
    },
  );

  it.each([
    ['PUT', 405],
    ['PATCH', 405],
    ['GET', 405],
    ['DELETE', 405],
  ])('answers %s without a session with %i', { tags: ['http-methods'] }, async (method, status) => {
    const answer = await send(open, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('answers a plain GET at the WebSocket address with 426 and a message', { tags: ['http-methods'] }, async () => {
    const answer = await send(open, { method: 'GET', path: '/ws' });
    expect([answer.status, answer.headers.upgrade]).toEqual([426, 'websocket']);
    expect((await send(open, { path: '/ws', body: initialize })).headers.allow).toBe('GET');
  });

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/jsonx', 415],
    ['multipart/form-data; x=application/json', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('answers the content type %s with %i', { tags: ['http-media-type'] }, async (type, status) => {
    expect((await send(open, { headers: { 'content-type': type }, body: initialize })).status).toBe(status);
  });

  it.each([
    ['text/html', 406],
    ['*/*', 200],
    ['application/json', 200],
    ['text/event-stream', 200],
  ])('answers Accept: %s with %i', { tags: ['F23'] }, async (accept, status) => {
    expect((await send(open, { headers: { accept }, body: initialize })).status).toBe(status);
  });

  it('rejects a body over the limit, declared or not, and a compressed one', { tags: ['F24'] }, async () => {
    const body = 'x'.repeat(200_000);
    expect(codeOf(await send(open, { body }))).toEqual({ number: -32600, code: 'MESSAGE_TOO_LARGE' });
    const chunked = await send(open, { body, headers: { 'transfer-encoding': 'chunked' } }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // A client that is still sending may find the connection closed before it reads the response.
    expect(typeof chunked === 'string' ? 413 : chunked?.status).toBe(413);
    expect((await send(open, { body: initialize, headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  });

  it.each([
    ['', -32700],
    ['{', -32700],
    ['"x"', -32600],
    ['[]', -32600],
    ['{}', -32600],
    [`[${initialize}]`, -32600],
    [`[${rpc('tools/list', envelope)}]`, -32600],
    [Buffer.from([0x22, 0xff, 0x22]), -32700],
    ['['.repeat(50_000), -32600],
  ])('answers the body %.20s with 400 and JSON', { tags: ['rpc-parse-error', 'rpc-invalid-request', 'F12'] }, async (body, number) => {
    const answer = await send(open, { body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: number } });
  });

  it('answers invalid HTTP in JSON, and keeps serving', async () => {
    const { hostname, port } = new URL(open.url);
    const text = await new Promise<string>((resolve) => {
      const socket = connectSocket(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      let got = '';
      socket.on('data', (chunk) => {
        got += chunk;
      });
      socket.on('close', () => resolve(got));
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/json/);
    expect((await send(open, { body: initialize })).status).toBe(200);
  });
});

describe('sessions of the legacy era', () => {
  const session = async (target = open, headers: Record<string, string> = {}): Promise<Record<string, string>> => {
    const answer = await send(target, { body: initialize, headers });
    expect(answer.headers['content-type']).toBe('application/json');
    const id = answer.headers['mcp-session-id'] as string;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    return { 'mcp-session-id': id, 'mcp-protocol-version': '2025-06-18', ...headers };
  };

  it('answers calls in it, 202 to messages without a reply, and ends with DELETE', {
    tags: ['http-session', 'http-accepted', 'F32'],
  }, async () => {
    const headers = await session();
    expect(
      JSON.parse((await send(open, { headers, body: rpc('tools/call', { name: 'echo', arguments: { message: 'x' } }) })).text),
    ).toMatchObject({ result: { content: [{ text: 'x' }] } });
    expect(await send(open, { headers, body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' })).toMatchObject({
      status: 202,
      text: '',
    });
    expect((await send(open, { headers, body: '{"jsonrpc":"2.0","id":9,"result":{}}' })).status).toBe(202);
    expect((await send(open, { headers, method: 'DELETE' })).status).toBe(204);
    expect((await send(open, { headers, body: rpc('ping') })).status).toBe(404);
  });

  it('answers an unknown method with 200', { tags: ['modern-removed-methods'] }, async () => {
    const answer = await send(open, { headers: await session(), body: rpc('nope') });
    expect([answer.status, codeOf(answer).number]).toEqual([200, -32601]);
  });

  it('rejects a missing session with 400, a wrong one with 404, an unknown revision with 400', {
    tags: ['F32', 'http-version-header'],
  }, async () => {
    expect((await send(open, { body: rpc('ping') })).status).toBe(400);
    for (const id of ['', 'a b', '\u00e9', 'x'.repeat(1_000)])
      expect((await send(open, { headers: { 'mcp-session-id': id }, body: rpc('ping') })).status).toBe(400);
    const wrong = await send(open, { headers: { 'mcp-session-id': 'f'.repeat(32) }, body: rpc('ping') });
    expect([wrong.status, codeOf(wrong)]).toEqual([404, { number: -32600, code: 'UNKNOWN_SESSION' }]);
    expect((await send(open, { headers: { ...(await session()), 'mcp-protocol-version': '1999-01-01' }, body: rpc('ping') })).status).toBe(
      400,
    );
    expect(
      (await send(open, { headers: { 'mcp-session-id': (await session())['mcp-session-id'] as string }, body: rpc('ping') })).status,
    ).toBe(200);
  });

  it('streams only if a message precedes the reply', { tags: ['http-json-unless-streaming'] }, async () => {
    const headers = await session();
    const plain = await send(open, { headers, body: rpc('tools/call', { name: 'count', arguments: { to: 2 } }) });
    expect(plain.headers['content-type']).toBe('application/json');
    const streamed = await send(open, {
      headers,
      body: rpc('tools/call', { name: 'count', arguments: { to: 2 }, _meta: { progressToken: 't' } }),
    });
    expect(streamed.headers['content-type']).toBe('text/event-stream');
    expect(streamed.text.match(/^data: /gm)).toHaveLength(3);
  });

  it('belongs to the caller that opened it', { tags: ['T5', 'F32', 'F41'] }, async () => {
    const ada = await session(guarded, { authorization: `Bearer ${TOKEN}` });
    const bob = { ...ada, authorization: `Bearer ${TOKEN}-2` };
    for (const method of ['POST', 'GET', 'DELETE'])
      expect((await send(guarded, { method, headers: bob, body: method === 'POST' ? rpc('ping') : '' })).status).toBe(404);
    expect((await send(guarded, { headers: ada, body: rpc('ping') })).status).toBe(200);
  });
});

describe('the modern era', () => {
  it('answers without a session and never creates one', { tags: ['modern-stateless', 'modern-result-marks'] }, async () => {
    const answer = await send(open, {
      headers: { ...modern, 'mcp-method': 'server/discover', 'mcp-session-id': 'ignored' },
      body: rpc('server/discover', envelope),
    });
    expect(JSON.parse(answer.text)).toMatchObject({
      result: { supportedVersions: ['2026-07-28'], resultType: 'complete', cacheScope: 'public' },
    });
    expect(answer.headers['mcp-session-id']).toBeUndefined();
  });

  it.each([
    ['an unknown method', { ...modern, 'mcp-method': 'nope' }, rpc('nope', envelope), 404, -32601],
    ['a method that is gone', { ...modern, 'mcp-method': 'ping' }, rpc('ping', envelope), 404, -32601],
    ['initialize in an envelope', { ...modern, 'mcp-method': 'initialize' }, rpc('initialize', envelope), 404, -32601],
    ['initialize under a modern header', modern, initialize, 400, -32020],
    ['no envelope under a modern header', { ...modern, 'mcp-method': 'tools/list' }, rpc('tools/list'), 400, -32602],
    [
      'no capabilities',
      { ...modern, 'mcp-method': 'tools/list' },
      rpc('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }),
      400,
      -32602,
    ],
    [
      'an unknown revision',
      { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' },
      rpc('tools/list', { _meta: { ...envelope._meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } }),
      400,
      -32022,
    ],
    ['no version header', { 'mcp-method': 'tools/list' }, rpc('tools/list', envelope), 400, -32020],
    ['no method header', modern, rpc('tools/list', envelope), 400, -32020],
    ['another method in the header', { ...modern, 'mcp-method': 'tools/call' }, rpc('tools/list', envelope), 400, -32020],
    [
      'another name in the header',
      { ...modern, 'mcp-method': 'tools/call', 'mcp-name': 'x' },
      rpc('tools/call', { name: 'echo', arguments: {}, ...envelope }),
      400,
      -32020,
    ],
    [
      'an unknown tool',
      { ...modern, 'mcp-method': 'tools/call', 'mcp-name': '__proto__' },
      rpc('tools/call', { name: '__proto__', ...envelope }),
      200,
      -32602,
    ],
  ])('answers %s', { tags: ['F34', 'modern-envelope', 'modern-removed-methods', 'F13'] }, async (_, headers, body, status, number) => {
    const answer = await send(open, { headers, body });
    expect([answer.status, codeOf(answer).number]).toEqual([status, number]);
    expect(JSON.parse(answer.text).id).toBe(1);
  });

  it('treats a closed connection as a cancellation', { tags: ['modern-cancel-by-close'] }, async () => {
    const { hostname, port } = new URL(open.url);
    const call = (name: string, args: object) => ({
      headers: { ...modern, 'mcp-method': 'tools/call', 'mcp-name': name },
      body: rpc('tools/call', { name, arguments: args, ...envelope }),
    });
    const cancelled = async () => Number(JSON.parse((await send(open, call('cancelled', {}))).text).result.content[0].text);
    const before = await cancelled();
    const { headers, body } = call('wait', { ms: 60_000 });
    const pending = request({ hostname, port, path: '/mcp', method: 'POST', headers: { 'content-type': 'application/json', ...headers } });
    pending.on('error', () => undefined).end(body);
    await new Promise((resolve) => setTimeout(resolve, 500));
    pending.destroy();
    await until('the tool is notified', async () => (await cancelled()) === before + 1);
  });
});

describe('tokens', () => {
  it.each([
    ['none', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a wrong one', { authorization: 'Bearer wrong-token-of-some-length' }],
    ['a longer one', { authorization: `Bearer ${TOKEN}x` }],
  ])('rejects %s everywhere, with WWW-Authenticate', { tags: ['F38', 'F26'] }, async (_, headers) => {
    const paths = ['/mcp', '/nothing'];
    for (const path of paths) {
      const answer = await send(guarded, { path, headers: headers as Record<string, string>, body: initialize });
      expect([401, 429]).toContain(answer.status);
      if (answer.status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  it('accepts a valid one with the scheme in any case, and none from the URL', { tags: ['F38'] }, async () => {
    const fresh = await serve(writeConfig({ auth: { tokens: [{ token: TOKEN, principal: 'ada' }] } }, ['plain']));
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect((await send(fresh, { headers: { authorization: `${scheme} ${TOKEN}` }, body: initialize })).status).toBe(200);
    expect((await send(fresh, { path: `/mcp?access_token=${TOKEN}`, body: initialize })).status).toBe(401);
    const { hostname, port } = new URL(fresh.url);
    expect(
      (
        await send(fresh, {
          raw: [
            'Host',
            `${hostname}:${port}`,
            'Authorization',
            'Bearer x',
            'Authorization',
            `Bearer ${TOKEN}`,
            'Content-Type',
            'application/json',
          ],
          body: initialize,
        })
      ).status,
    ).toBe(400);
    expect(fresh.stderr()).not.toContain(TOKEN);
  });

  it('rejects an address that keeps guessing, but no valid token', { tags: ['login-rate'] }, async () => {
    const fresh = await serve(
      writeConfig({ auth: { tokens: [{ token: TOKEN, principal: 'ada' }] }, limits: { failedLoginsPerMinute: 3 } }, ['plain']),
    );
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++)
      statuses.push((await send(fresh, { headers: { authorization: `Bearer guess-number-${i}-of-many` }, body: initialize })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    // A holder of a valid token shares the address and is still served; a request without a token still gets a 401.
    expect((await send(fresh, { headers: { authorization: `Bearer ${TOKEN}` }, body: initialize })).status).toBe(200);
    expect((await send(fresh, { body: initialize })).status).toBe(401);
  });

  it('counts by the client that a trusted proxy names, and by the peer otherwise', { tags: ['login-rate', 'F29'] }, async () => {
    const config = (proxies: string[]) =>
      writeConfig({ listen: { proxies }, auth: { tokens: [{ token: TOKEN, principal: 'ada' }] }, limits: { failedLoginsPerMinute: 2 } }, [
        'plain',
      ]);
    const guess = (gateway: Serving, i: number, client: string) =>
      send(gateway, { headers: { authorization: `Bearer guess-number-${i}-of-many`, 'x-forwarded-for': client }, body: initialize }).then(
        ({ status }) => status,
      );
    const tries = async (gateway: Serving): Promise<number[]> => {
      const statuses: number[] = [];
      for (const [i, client] of ['198.51.100.1', '198.51.100.1', 'made up, 198.51.100.1', '198.51.100.2'].entries())
        statuses.push(await guess(gateway, i, client));
      return statuses;
    };
    expect(await tries(await serve(config(['127.0.0.0/8'])))).toEqual([401, 401, 429, 401]);
    expect(await tries(await serve(config([])))).toEqual([401, 401, 429, 429]);
    expect(await tries(await serve(config(['192.0.2.1'])))).toEqual([401, 401, 429, 429]);
  });
});
