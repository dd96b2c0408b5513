import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

// A removed token ends everything that was opened with it; other tokens are not affected.

const ADA = { token: 'ada-0123456789abcdef', principal: 'ada', scopes: ['admin'] };
const BOB = { token: 'bob-0123456789abcdef', principal: 'bob' };
const BOB_TOO = { token: 'bob-2-0123456789abcdef', principal: 'bob' };
const SMALL = { profiles: { small: { tools: ['wait', 'echo'] } } };
const MODERN = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

type Token = { readonly token: string; readonly principal: string };
type Headers = Record<string, string>;

const bearer = (token: Token | undefined): Headers => (token ? { authorization: `Bearer ${token.token}` } : {});
const rpc = (id: number, method: string, params: object = {}): string => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const slow = (id: number, meta: object = {}): string => rpc(id, 'tools/call', { name: 'wait', arguments: { ms: 20_000 }, ...meta });
const HELLO = rpc(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } });

/** One HTTP exchange as received. */
class Exchange {
  status = 0;
  headers: IncomingMessage['headers'] = {};
  text = '';
  over = false;
  readonly request;

  constructor(gateway: Serving, method: string, path: string, headers: Headers, body: string | null = '') {
    const { hostname, port } = new URL(gateway.url);
    const all = { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers };
    this.request = request({ hostname, port, path, method, headers: all, agent: false });
    this.request.on('error', () => {
      this.over = true;
    });
    this.request.on('response', (response) => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        this.text += chunk;
      });
      response.on('close', () => {
        this.over = true;
      });
      response.on('error', () => undefined);
    });
    if (body !== null) this.request.end(body);
  }

  async ended(what: string): Promise<this> {
    await until(what, () => this.over);
    return this;
  }
}

const send = (gateway: Serving, token: Token | undefined, body: string, headers: Headers = {}, path = '/mcp'): Promise<Exchange> =>
  new Exchange(gateway, 'POST', path, { ...bearer(token), ...headers }, body).ended(`an answer to ${body}`);

async function start(tokens: readonly Token[], more: object = {}) {
  const dir = tempFolder();
  const save = (auth: readonly Token[] | undefined, others: object = more): void =>
    void writeConfig({ ...(auth ? { auth: { tokens: auth } } : {}), ...others }, ['plain'], dir);
  save(tokens.length > 0 ? tokens : undefined);
  const gateway = await serve(join(dir, 'mcp.json'));
  return { dir, gateway, save };
}

async function session(gateway: Serving, token: Token | undefined): Promise<Headers> {
  const { headers } = await send(gateway, token, HELLO);
  return { 'mcp-session-id': String(headers['mcp-session-id']), 'mcp-protocol-version': '2025-06-18' };
}

const modern = (method: string, name?: string): Headers => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name === undefined ? {} : { 'mcp-name': name }),
});

/** Calls in flight, as an administrator sees them. */
async function calls(gateway: Serving): Promise<number> {
  const { text } = await new Exchange(gateway, 'GET', '/status', bearer(ADA)).ended('the status');
  return (JSON.parse(text) as { calls: number }).calls;
}

/** Everything that a token can have open at once, each with a way to check that it has ended. */
async function openAll(gateway: Serving, token: Token | undefined): Promise<Record<string, () => boolean>> {
  const legacy = await session(gateway, token);
  const get = (path: string, headers: Headers = {}) =>
    new Exchange(gateway, 'GET', path, { accept: 'text/event-stream', ...bearer(token), ...headers });
  const post = (body: string, headers: Headers = {}, path = '/mcp') =>
    new Exchange(gateway, 'POST', path, { ...bearer(token), ...headers }, body);
  const sse = get('/sse');
  await until('the address of the SSE stream', () => sse.text.includes('sessionId'));
  const address = new URL(/data: (.*)/.exec(sse.text)?.[1] ?? '', 'http://localhost/sse');
  const messages = address.pathname + address.search;
  await send(gateway, token, HELLO, {}, messages);
  await send(gateway, token, slow(1), {}, messages);
  const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: bearer(token) });
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(HELLO);
  socket.send(slow(1));
  const listen = post(
    rpc(1, 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: MODERN }),
    modern('subscriptions/listen'),
  );
  const open = {
    'the standing stream': get('/mcp', legacy),
    'a call of a session': post(slow(2), legacy),
    'a stateless call': post(slow(3, { _meta: MODERN }), modern('tools/call', 'wait')),
    'a listen stream': listen,
    'a call without protocol': post('{"ms":20000}', {}, '/api/tools/wait'),
    'the SSE stream': sse,
  };
  await until('the streams are open', () => open['the standing stream'].status === 200 && listen.text.includes('acknowledged'));
  if (token) await until('all calls run', async () => (await calls(gateway)) >= 5);
  return {
    ...Object.fromEntries(Object.entries(open).map(([name, exchange]) => [name, () => exchange.over])),
    'the WebSocket': () => closed,
  };
}

const stillOpen = (all: Record<string, () => boolean>): string[] => Object.keys(all).filter((name) => !all[name]?.());

describe('a reload', () => {
  it('ends everything of a removed token, and nothing of other tokens', { tags: ['reload-logins'], timeout: 60_000 }, async () => {
    const { gateway, save } = await start([ADA, BOB]);
    const [mine, theirs] = [await openAll(gateway, BOB), await session(gateway, ADA)];
    const kept = new Exchange(gateway, 'GET', '/mcp', { accept: 'text/event-stream', ...bearer(ADA), ...theirs });
    save([ADA]);
    await gateway.said('changed: auth.tokens');
    await until('all of it has ended', () => stillOpen(mine).length === 0).catch(() => expect(stillOpen(mine)).toEqual([]));
    expect((await send(gateway, BOB, HELLO)).status).toBe(401);
    expect((await send(gateway, ADA, rpc(5, 'ping'), theirs)).text).toContain('"id":5');
    expect(kept.over).toBe(false);
    await until('no call is left', async () => (await calls(gateway)) === 0);
    expect(gateway.stderr()).not.toContain(BOB.token);
  });

  it.each([
    ['is moved to another principal', [{ ...BOB, principal: 'eve' }]],
    ['is bound to a profile', [{ ...BOB, profile: 'small' }]],
    ['gets another scope', [{ ...BOB, scopes: ['admin'] }]],
  ])('treats a token that %s as another one', { tags: ['reload-logins'] }, async (_, changed) => {
    const { gateway, save } = await start([ADA, BOB], SMALL);
    const mine = await session(gateway, BOB);
    const call = new Exchange(gateway, 'POST', '/mcp', { ...bearer(BOB), ...mine }, slow(1));
    const stream = new Exchange(gateway, 'GET', '/mcp', { accept: 'text/event-stream', ...bearer(BOB), ...mine });
    await until('the stream is open', () => stream.status === 200);
    save([ADA, ...changed], SMALL);
    await gateway.said('changed: auth.tokens');
    await until('both have ended', () => call.over && stream.over);
    expect((await send(gateway, BOB, rpc(2, 'ping'), mine)).status).toBe(404);
    expect((await send(gateway, BOB, HELLO)).status).toBe(200);
  });

  it('ends what one of two tokens of a principal opened, and not those of the other', { tags: ['reload-logins'] }, async () => {
    const { gateway, save } = await start([ADA, BOB, BOB_TOO]);
    const [first, second] = [await session(gateway, BOB), await session(gateway, BOB_TOO)];
    // A principal may use sessions that its other tokens opened.
    const shared = new Exchange(gateway, 'POST', '/mcp', { ...bearer(BOB), ...second }, slow(1));
    await until('the call runs', async () => (await calls(gateway)) === 1);
    save([ADA, BOB_TOO]);
    await gateway.said('changed: auth.tokens');
    await until('the call of the removed token has ended', () => shared.over);
    expect((await send(gateway, BOB_TOO, rpc(2, 'ping'), second)).text).toContain('"id":2');
    expect((await send(gateway, BOB_TOO, rpc(3, 'ping'), first)).status).toBe(404);
  });

  it('closes an open gateway with the first token, including existing sessions', {
    tags: ['reload-logins'],
    timeout: 60_000,
  }, async () => {
    const { gateway, save } = await start([]);
    const all = await openAll(gateway, undefined);
    save([ADA]);
    await gateway.said('changed: auth.tokens');
    await until('all of it has ended', () => stillOpen(all).length === 0).catch(() => expect(stillOpen(all)).toEqual([]));
    expect((await send(gateway, undefined, HELLO)).status).toBe(401);
    expect((await send(gateway, ADA, HELLO)).status).toBe(200);
  });

  it('does not run a call whose body arrives after its token was removed', { tags: ['reload-logins'] }, async () => {
    const { gateway, save } = await start([ADA, BOB]);
    const late = new Exchange(gateway, 'POST', '/api/tools/echo', bearer(BOB), null);
    late.request.flushHeaders();
    late.request.write('{"message":');
    await session(gateway, ADA);
    save([ADA]);
    await gateway.said('changed: auth.tokens');
    late.request.end('"late"}');
    await late.ended('the late call');
    expect([late.status, late.text.includes('late')]).toEqual([401, false]);
  });

  it('reloads a token from a secret file', { tags: ['reload-logins'] }, async () => {
    const { dir, gateway, save } = await start([ADA]);
    const file = join(dir, 'bob.token');
    writeFileSync(file, `${BOB.token}\n`);
    save([ADA, { ...BOB, token: `\${file:./bob.token}` }]);
    await gateway.said('changed: auth.tokens');
    const mine = await session(gateway, BOB);
    const call = new Exchange(gateway, 'POST', '/mcp', { ...bearer(BOB), ...mine }, slow(1));
    await until('the call runs', async () => (await calls(gateway)) === 1);
    writeFileSync(`${file}.new`, BOB_TOO.token);
    renameSync(`${file}.new`, file);
    await call.ended('the call of the old token');
    expect((await send(gateway, BOB, HELLO)).status).toBe(401);
    expect((await send(gateway, BOB_TOO, HELLO)).status).toBe(200);
  });

  it('reloads a file that is created after its absence was rejected', { tags: ['reload-logins'] }, async () => {
    const { dir, gateway, save } = await start([ADA]);
    const file = join(dir, 'bob.token');
    const works = (token: Token): Promise<void> =>
      until(`${token.token} works`, async () => (await send(gateway, token, HELLO)).status === 200);
    save([ADA, { ...BOB, token: `\${file:./bob.token}` }]);
    await gateway.said('bob.token cannot be read');
    writeFileSync(file, BOB.token);
    await works(BOB);
    rmSync(file);
    await until('its absence is refused', () => gateway.stderr().split('bob.token cannot be read').length === 3);
    writeFileSync(file, BOB_TOO.token);
    await works(BOB_TOO);
    // This many attempts may exceed the limit of this address.
    expect([401, 429]).toContain((await send(gateway, BOB, HELLO)).status);
  });

  it('ends sessions of a removed profile', { tags: ['reload-logins', 'profiles-bound'] }, async () => {
    const { gateway, save } = await start([ADA, BOB], SMALL);
    const { headers } = await send(gateway, BOB, HELLO, {}, '/mcp/small');
    const mine = { 'mcp-session-id': String(headers['mcp-session-id']), 'mcp-protocol-version': '2025-06-18' };
    const call = new Exchange(gateway, 'POST', '/mcp/small', { ...bearer(BOB), ...mine }, slow(1));
    const socket = new WebSocket(gateway.at('ws', 'small').url, 'mcp', { headers: bearer(BOB) });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    await until('the call runs', async () => (await calls(gateway)) === 1);
    save([ADA, BOB], {});
    await gateway.said('small\\" was removed');
    await call.ended('the call in the profile');
    await closed;
    for (const path of ['/mcp/small', '/mcp']) expect((await send(gateway, BOB, rpc(2, 'ping'), mine, path)).status).toBe(404);
  });

  it('keeps the last token, and logs that removed ones still work', { tags: ['reload-logins', 'T21'] }, async () => {
    const { gateway, save } = await start([ADA, BOB]);
    save(undefined);
    await gateway.said('without a token, anyone could use the gateway');
    await gateway.said('Tokens that were removed from it still work.');
    expect(gateway.stderr()).toMatch(/error.*configuration not reloaded/i);
    expect([(await send(gateway, undefined, HELLO)).status, (await send(gateway, BOB, HELLO)).status]).toEqual([401, 200]);
  });
});

it('a reload is rejected if the bind rules forbid it', { tags: ['reload-logins', 'F73'] }, async () => {
  const dir = tempFolder();
  const save = (config: object): void => void writeConfig(config, ['plain'], dir);
  save({ auth: { tokens: [ADA, BOB] }, listen: { insecure: true } });
  const gateway = await serve(join(dir, 'mcp.json'), { address: '0.0.0.0:0' });
  save({ auth: { tokens: [ADA] } });
  await gateway.said('plain HTTP');
  const local = { ...gateway, url: gateway.url.replace('0.0.0.0', '127.0.0.1') };
  expect((await send(local, BOB, HELLO)).status).toBe(200);
});
