import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PATHS } from '../../dist/src/core/paths.js';
import { connect } from '../support/clients.ts';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

// Connections with unusual traffic, and disconnects.

const TOKENS = ['ada', 'bob'].map((principal) => ({ token: `a-token-for-${principal}-alone`, principal }));
const bearer = (who: 0 | 1): Record<string, string> => ({ authorization: `Bearer ${TOKENS[who]?.token}` });
const start = (config: object = {}): Promise<Serving> => serve(writeConfig(config, ['plain']));
const rpc = (id: unknown, method: string, params: object = {}): string => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = rpc(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } });
const json = { 'content-type': 'application/json' };
const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const modern = (name: string): Record<string, string> => ({
  ...json,
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': name,
});
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes bytes to the port and collects the reply until the other side closes, or `enough` returns true. */
function exchange(gateway: Serving, bytes: string, enough: (text: string) => boolean = () => false): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const socket = connectSocket(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (enough(text)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

/** Number of sockets of the gateway: one for each connected client, and a few internal ones. */
function sockets({ process: { pid } }: Serving): number {
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return held.filter((target) => target.startsWith('socket:')).length;
}

async function session(gateway: Serving, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(gateway.url, { method: 'POST', headers: { ...json, ...headers }, body: initialize });
  return answer.headers.get('mcp-session-id') as string;
}

async function callModern(gateway: Serving, name: string, args: object = {}): Promise<string | undefined> {
  const body = rpc(1, 'tools/call', { name, arguments: args, _meta: meta });
  const answer = await fetch(gateway.url, { method: 'POST', headers: modern(name), body });
  return ((await answer.json()) as { result?: { content: { text: string }[] } }).result?.content[0]?.text;
}

describe('unusual HTTP', () => {
  const post = (body: string, more = ''): string =>
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

  it('answers a hundred requests in one write, in their order', { tags: ['F25'] }, async () => {
    const gateway = await start();
    const id = await session(gateway);
    const requests = Array.from({ length: 100 }, (_, i) => post(rpc(i, 'ping'), `Mcp-Session-Id: ${id}\r\n`)).join('');
    const text = await exchange(gateway, requests, (got) => got.includes('"id":99'));
    expect([...text.matchAll(/"id":(\d+)/g)].map(([, n]) => Number(n))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('answers 100-continue, and closes after HTTP/1.0', { tags: ['F25'] }, async () => {
    const gateway = await start();
    const asked = await exchange(gateway, post(initialize, 'Expect: 100-continue\r\n'), (text) => text.includes('"result"'));
    expect(asked).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    const old = await exchange(gateway, post(initialize).replace('HTTP/1.1', 'HTTP/1.0'));
    expect(old).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*Connection: close/);
  });

  it('sends streams with headers against buffering and caching', { tags: ['http-stream-headers'] }, async () => {
    const gateway = await start();
    const headers = { ...json, 'mcp-session-id': await session(gateway) };
    const body = rpc(1, 'tools/call', { name: 'count', arguments: { to: 1 }, _meta: { progressToken: 1 } });
    const answer = await fetch(gateway.url, { method: 'POST', headers, body });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(answer.headers.get('cache-control')).toContain('no-cache');
    await answer.text();
  });
});

describe('routes', () => {
  it('all require a token, for every method and profile', { tags: ['T3'] }, async () => {
    const gateway = await start({ auth: { tokens: TOKENS }, profiles: { p: {} } });
    const statuses = [];
    for (const path of Object.values(PATHS).flatMap((route) => [route, `${route}/p`, `${route}/none`]))
      for (const method of ['POST', 'GET', 'DELETE', 'PUT'])
        statuses.push([
          method,
          path,
          (await fetch(new URL(path, gateway.url), { method, headers: json, ...(method === 'POST' ? { body: initialize } : {}) })).status,
        ]);
    expect(statuses.filter(([, , status]) => status !== 401)).toEqual([]);
  });

  it('start no program for any request', { tags: ['T4'] }, async () => {
    const gateway = await start();
    const { pid } = gateway.process;
    const children = (): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const before = children();
    const launch = { command: 'touch', args: ['/tmp/never'], env: { A: 'b' }, path: '/bin/sh', transport: 'stdio' };
    const headers = { ...json, 'mcp-session-id': await session(gateway) };
    for (const path of [...Object.values(PATHS), '/api/connect', '/admin', '/servers'])
      for (const method of ['initialize', 'tools/call', 'tools/list', 'servers/add'])
        await fetch(new URL(`${path}?command=touch&args=x`, gateway.url), {
          method: 'POST',
          headers,
          body: rpc(1, method, { ...launch, name: 'echo', arguments: launch }),
        });
    expect(children()).toBe(before);
  });
});

describe('clients that disconnect', () => {
  it('leave nothing behind in the modern era, and their calls end', { tags: ['F30', 'modern-cancel-by-close'] }, async () => {
    const gateway = await start();
    const cancelled = async (): Promise<number> => Number(await callModern(gateway, 'cancelled'));
    const [before, open] = [await cancelled(), sockets(gateway)];
    for (let round = 0; round < 5; round++) {
      const requests = Array.from({ length: 20 }, () => {
        const sent = request(gateway.url, { method: 'POST', headers: modern('wait') });
        sent.on('error', () => undefined).end(rpc(1, 'tools/call', { name: 'wait', arguments: { ms: 60_000 }, _meta: meta }));
        return sent;
      });
      await pause(300);
      // The next request arrived after them.
      await callModern(gateway, 'echo', { message: 'x' });
      for (const sent of requests) sent.destroy();
    }
    await until('every call has ended', async () => (await cancelled()) === before + 100);
    await until('the sockets are closed', () => sockets(gateway) < open + 10);
  });

  it('may resume in a session, and cost a bounded number of streams', { tags: ['F30', 'http-resume'] }, async () => {
    const gateway = await start();
    const headers = { ...json, accept: 'application/json, text/event-stream', 'mcp-session-id': await session(gateway) };
    const open = sockets(gateway);
    for (let id = 0; id < 60; id++) {
      const sent = request(gateway.url, { method: 'POST', headers });
      const began = new Promise((resolve) => sent.on('response', resolve));
      sent.on('error', () => undefined).end(rpc(id, 'tools/call', { name: 'count', arguments: { to: 1 }, _meta: { progressToken: id } }));
      await began;
      sent.destroy();
    }
    await until('the sockets are closed', () => sockets(gateway) < open + 10);
    expect((await fetch(gateway.url, { method: 'POST', headers, body: rpc(1, 'ping') })).status).toBe(200);
  });

  it('lose their HTTP+SSE session, which no other caller can use', { tags: ['F33', 'F41'] }, async () => {
    const gateway = await start({ auth: { tokens: TOKENS } });
    const abort = new AbortController();
    const stream = await fetch(gateway.at('sse').url, { headers: bearer(0), signal: abort.signal });
    const first = await stream.body?.getReader().read();
    const address = new URL(/data: (\S+)/.exec(Buffer.from(first?.value ?? []).toString())?.[1] as string, gateway.url);
    const post = async (who: 0 | 1): Promise<number> =>
      (await fetch(address, { method: 'POST', headers: { ...json, ...bearer(who) }, body: initialize })).status;
    expect([await post(1), await post(0)]).toEqual([404, 202]);
    abort.abort();
    await until('the session has ended', async () => (await post(0)) === 404);
  });
});

describe('WebSocket under strain', () => {
  const open = async (gateway: Serving, options: object = {}): Promise<WebSocket> => {
    const socket = new WebSocket(gateway.at('ws').url, 'mcp', options);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };
  const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve));

  it('rejects another version before the upgrade', { tags: ['F35'] }, async () => {
    const gateway = await start();
    const upgrade = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    const text = await exchange(gateway, `${upgrade}Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 7\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 426 [\s\S]*Sec-WebSocket-Version: 13/);
  });

  it('closes on a flood of fragments, and accepts no compression', { tags: ['F36'] }, async () => {
    const gateway = await start();
    const [flood, other] = [await open(gateway), await open(gateway, { perMessageDeflate: true })];
    expect(other.extensions).toBe('');
    const code = closed(flood);
    for (let i = 0; i < 50_000 && flood.readyState === flood.OPEN; i++) flood.send('x', { fin: false });
    expect([1008, 1009, 1006]).toContain(await code);
    const reply = new Promise((resolve) => other.once('message', (data) => resolve(JSON.parse(String(data)))));
    other.send(rpc(1, 'ping'));
    expect(await reply).toMatchObject({ id: 1, result: {} });
  });

  it('disconnects a client that does not read, and cancels its calls', { tags: ['F37', 'slow-readers'] }, async () => {
    const gateway = await start({ limits: { queuedBytes: 500_000 } });
    const before = Number(await callModern(gateway, 'cancelled'));
    const slow = await open(gateway);
    const code = closed(slow);
    slow.send(initialize);
    await pause(100);
    slow.send(rpc('long', 'tools/call', { name: 'wait', arguments: { ms: 60_000 } }));
    slow.pause();
    const healthy = await connect('v2 modern', gateway.at('ws'));
    for (let i = 0; i < 30; i++) slow.send(rpc(i, 'tools/call', { name: 'echo', arguments: { message: 'x'.repeat(1_000_000) } }));
    await until('its call is cancelled', async () => Number(await callModern(gateway, 'cancelled')) === before + 1);
    expect((await healthy.call('echo', { message: 'still here' })).content[0]?.text).toBe('still here');
    slow.resume();
    expect([1013, 1006]).toContain(await code);
  });
});
