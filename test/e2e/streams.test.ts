import { type IncomingMessage, request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

// Sessions and streams as a client sees them on the wire.

const rpc = (id: number, method: string, params: object = {}): string => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const tool = (id: number, name: string, args: object, meta: object = {}): string =>
  rpc(id, 'tools/call', { name, arguments: args, ...meta });

interface Event {
  readonly id?: string;
  readonly data: string;
  readonly retry?: string;
}

/** An event stream as received. */
class Stream {
  readonly events: Event[] = [];
  status = 0;
  ended = false;
  readonly #request;

  constructor(gateway: Serving, method: string, headers: Record<string, string>, body = '') {
    const { hostname, port } = new URL(gateway.url);
    this.#request = request({
      hostname,
      port,
      path: '/mcp',
      method,
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
    });
    this.#request.on('error', () => undefined);
    this.#request.on('response', (response: IncomingMessage) => this.#read(response));
    this.#request.end(body);
  }

  #read(response: IncomingMessage): void {
    this.status = response.statusCode ?? 0;
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, at)
            .split('\n')
            .map((line) => line.split(/: ?(.*)/s)),
        );
        text = text.slice(at + 2);
        if (fields.data !== undefined) this.events.push(fields as Event);
      }
    });
    response.on('close', () => {
      this.ended = true;
    });
  }

  drop(): void {
    this.#request.destroy();
  }

  /** The messages, without the initial event that has no data. */
  messages(): { id?: number; method?: string; params?: { progress?: number }; result?: { content: { text: string }[] } }[] {
    return this.events.filter(({ data }) => data !== '').map(({ data }) => JSON.parse(data));
  }
}

async function session(gateway: Serving, revision = '2025-11-25'): Promise<Record<string, string>> {
  const answer = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: rpc(0, 'initialize', { protocolVersion: revision, capabilities: {}, clientInfo: { name: 't', version: '1' } }),
  });
  return { 'mcp-session-id': answer.headers.get('mcp-session-id') as string, 'mcp-protocol-version': revision };
}

/** A session whose client has sent notifications/initialized. */
async function readySession(gateway: Serving): Promise<Record<string, string>> {
  const headers = await session(gateway);
  const body = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  await fetch(gateway.url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
  return headers;
}

const start = (config: object = {}): Promise<Serving> => serve(writeConfig(config, ['plain']));
const counting = tool(1, 'count', { to: 5 }, { _meta: { progressToken: 't' } });

describe('resuming a stream', () => {
  it('delivers missed and later messages, each once and in order', { tags: ['http-resume'] }, async () => {
    const gateway = await start();
    const headers = await session(gateway);
    const first = new Stream(gateway, 'POST', headers, counting);
    await until('two steps have arrived', () => first.messages().length >= 2);
    first.drop();
    const seen = first.messages().length;
    const last = first.events.at(-1)?.id as string;
    const second = new Stream(gateway, 'GET', { ...headers, 'last-event-id': last });
    await until('the stream has ended', () => second.ended);
    const all = [...first.messages().slice(0, seen), ...second.messages()];
    expect(all.map((m) => m.params?.progress ?? m.result?.content[0]?.text)).toEqual([1, 2, 3, 4, 5, 'counted to 5']);
  });

  it('delivers the reply to a client that reconnects after it was sent', { tags: ['http-resume'] }, async () => {
    const gateway = await start();
    const headers = await session(gateway);
    const first = new Stream(gateway, 'POST', headers, counting);
    await until('the stream has begun', () => first.events.length > 0);
    const primed = first.events[0] as Event;
    expect(primed).toMatchObject({ data: '', retry: '500' });
    first.drop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const second = new Stream(gateway, 'GET', { ...headers, 'last-event-id': primed.id as string });
    await until('the stream has ended', () => second.ended);
    expect(second.messages().at(-1)?.result?.content[0]?.text).toBe('counted to 5');
  });

  it('keeps notifications for a client whose standalone stream broke', { tags: ['http-resume'] }, async () => {
    const gateway = await start();
    const headers = await readySession(gateway);
    const standing = new Stream(gateway, 'GET', headers);
    await until('the stream is open', () => standing.events.length === 1);
    standing.drop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await fetch(gateway.url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: tool(2, 'change', {}) });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const again = new Stream(gateway, 'GET', { ...headers, 'last-event-id': standing.events[0]?.id as string });
    await until('the notification arrives', () => again.messages().some((m) => m.method === 'notifications/tools/list_changed'));
    again.drop();
  });

  it.each(['garbage', 'r1', 'r1-', '-1', `r1-${'9'.repeat(1000)}`, 'r1-1 OR 1'])(
    'rejects the event id %.20j',
    { tags: ['F31'] },
    async (id) => {
      const gateway = await start();
      const stream = new Stream(gateway, 'GET', { ...(await session(gateway)), 'last-event-id': id });
      await until('it is answered', () => stream.ended);
      expect(stream.status).toBe(400);
    },
  );

  it('replays nothing of another session', { tags: ['F31', 'F41'] }, async () => {
    const gateway = await start();
    const [ada, bob] = [await session(gateway), await session(gateway)];
    const first = new Stream(gateway, 'POST', ada, counting);
    await until('it has ended', () => first.ended);
    const foreign = new Stream(gateway, 'GET', { ...bob, 'last-event-id': first.events[0]?.id as string });
    await until('it is answered', () => foreign.status === 200);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(foreign.messages()).toEqual([]);
    foreign.drop();
  });

  it('sends older clients no event without data', async () => {
    const gateway = await start();
    const stream = new Stream(gateway, 'POST', await session(gateway, '2025-06-18'), counting);
    await until('it has ended', () => stream.ended);
    expect(stream.events.every(({ data }) => data !== '')).toBe(true);
  });
});

describe('sessions', () => {
  it('end when idle, and never during a call or an open stream', { tags: ['session-caps', 'F32'] }, async () => {
    const gateway = await start({ limits: { sessionIdleMs: 1_500 } });
    const [idle, busy, streaming] = [await session(gateway), await session(gateway), await session(gateway)];
    const call = new Stream(gateway, 'POST', busy, tool(1, 'wait', { ms: 5_000 }));
    const standing = new Stream(gateway, 'GET', streaming);
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const ping = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(gateway.url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: rpc(9, 'ping') }))
        .status;
    expect([await ping(idle), await ping(busy), await ping(streaming)]).toEqual([404, 200, 200]);
    await until('the call ends', () => call.ended);
    expect(call.status).toBe(200);
    standing.drop();
  });

  it('over the limit replace idle ones; if none is idle they are rejected with 503 and Retry-After', {
    tags: ['session-caps', 'T23'],
  }, async () => {
    const authorization = 'Bearer a-token-of-sufficient-length';
    const auth = { tokens: [{ token: 'a-token-of-sufficient-length', principal: 'ada' }] };
    const gateway = await start({ auth, limits: { sessionsPerPrincipal: 2 } });
    const open = () =>
      fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: rpc(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } }),
      });
    const opened = async () => ({ authorization, 'mcp-session-id': (await open()).headers.get('mcp-session-id') as string });
    const [calling, idle] = [await opened(), await opened()];
    const call = new Stream(gateway, 'POST', calling, tool(1, 'count', { to: 1000 }, { _meta: { progressToken: 't' } }));
    await until('the call is under way', () => call.messages().length > 0);
    const streaming = await opened();
    await gateway.said('an idle session of ada was ended');
    const ping = new Stream(gateway, 'POST', idle, rpc(2, 'ping'));
    await until('the idle session has ended', () => ping.status === 404);
    const standing = new Stream(gateway, 'GET', streaming);
    await until('the stream is open', () => standing.status === 200);
    const refused = await open();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await refused.json()).toMatchObject({ error: { data: { code: 'OVERLOADED' } } });
    expect([call.ended, standing.ended]).toEqual([false, false]);
    call.drop();
    standing.drop();
  });

  it('have one standalone stream: the newest of many at once, which gets the notifications', {
    tags: ['http-standing-stream'],
  }, async () => {
    const gateway = await start();
    const headers = await readySession(gateway);
    const streams = Array.from({ length: 10 }, () => new Stream(gateway, 'GET', headers));
    await until('all but one have ended', () => streams.filter(({ status, ended }) => status === 200 && ended).length === 9);
    await gateway.said('A newer event stream of local replaces the one');
    const newest = new Stream(gateway, 'GET', headers);
    await until('the last one has ended', () => streams.every(({ ended }) => ended));
    new Stream(gateway, 'POST', headers, tool(2, 'change', {}));
    await until('the notification arrives', () => newest.messages().some(({ method }) => method === 'notifications/tools/list_changed'));
    expect(newest.ended).toBe(false);
    const names = [...streams, newest].flatMap(({ events }) => events.map(({ id, data }) => (data === '' ? [] : [id]))).flat();
    expect(new Set(names).size).toBe(names.length);
    newest.drop();
  });
});

describe('profiles', () => {
  const config = {
    profiles: { reader: { tools: ['echo'] }, none: { plugins: [] } },
    auth: {
      tokens: [
        { token: 'a-token-for-the-reader', principal: 'r', profile: 'reader' },
        { token: 'a-token-for-anything', principal: 'x' },
      ],
    },
  };
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it.each(['http', 'sse'] as const)('are served below each address: %s', async (kind) => {
    const gateway = await start({ profiles: config.profiles });
    expect(await (await connect('v1', gateway.at(kind, 'reader'))).list()).toEqual(['echo']);
    expect(await (await connect('v1', gateway.at(kind, 'none'))).list()).toEqual([]);
    await expect(connect('v1', gateway.at(kind, 'unknown'))).rejects.toThrow();
  });

  it('are served below the address of WebSocket too', async () => {
    const gateway = await start({ profiles: config.profiles });
    expect(await (await connect('v2 modern', gateway.at('ws', 'reader'))).list()).toEqual(['echo']);
  });

  it('answer for a tool outside of them as for an unknown tool', { tags: ['profiles-bound'] }, async () => {
    const gateway = await start({ profiles: config.profiles });
    const client = await connect('v2 auto', gateway.at('http', 'reader'));
    const messages = await Promise.all(
      ['structured', 'no-such-tool'].map((name) => client.call(name).catch((error: Error) => error.message.replaceAll(name, 'x'))),
    );
    expect(messages[0]).toBe(messages[1]);
  });

  it('bind a token that names one, and no other token', { tags: ['profiles-bound'] }, async () => {
    const gateway = await start(config);
    const reader = { ...gateway.at('http'), ...bearer('a-token-for-the-reader') };
    expect(await (await connect('v1', reader)).list()).toEqual(['echo']);
    await expect(connect('v1', { ...gateway.at('http', 'none'), ...bearer('a-token-for-the-reader') })).rejects.toThrow();
    expect(await (await connect('v1', { ...gateway.at('http', 'reader'), ...bearer('a-token-for-anything') })).list()).toEqual(['echo']);
  });
});

describe('pipelined requests', () => {
  it('end with their connection, including queued ones', { timeout: 20_000 }, async () => {
    const gateway = await serve(writeConfig({ limits: { drainMs: 60_000 } }, ['plain']));
    const { hostname, port, host } = new URL(gateway.url);
    const envelope = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const post = (id: number): string => {
      const body = tool(id, 'count', { to: 1000 }, { _meta: envelope });
      const headers = `MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: count\r\nContent-Type: application/json`;
      return `POST /mcp HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    };
    const socket = connectSocket(Number(port), hostname);
    await new Promise<void>((resolve) => socket.write(Array.from({ length: 20 }, (_, id) => post(id)).join(''), () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
    // An abandoned request does not delay the drain, which would take a minute otherwise.
    expect(await gateway.stop()).toBe(0);
    expect(gateway.stderr()).not.toContain('MaxListeners');
  });
});

describe('slow clients', () => {
  it('that never read are disconnected, and others do not wait', { tags: ['slow-readers', 'T23'] }, async () => {
    const gateway = await start({ limits: { queuedBytes: 200_000 } });
    const { hostname, port } = new URL(gateway.url);
    const healthy = await connect('v1', gateway);
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { 'mcp-session-id': id } = await session(gateway);
        const socket = connectSocket(Number(port), hostname).pause();
        socket.on('error', () => undefined);
        const body = tool(1, 'echo', { message: 'x'.repeat(1_000_000) });
        socket.write(
          `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMcp-Session-Id: ${id}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
        return socket;
      }),
    );
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      expect((await healthy.call('echo', { message: 'quick' })).content[0]?.text).toBe('quick');
      expect(performance.now() - started).toBeLessThan(10_000);
    }
    for (const socket of sockets) socket.destroy();
  });

  it('that send their request byte by byte time out', { tags: ['slow-senders', 'T23'] }, async () => {
    const gateway = await start({ limits: { headerMs: 500, bodyMs: 1000 } });
    const { hostname, port } = new URL(gateway.url);
    const closed = (head: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectSocket(Number(port), hostname, () => socket.write(head));
        let got = '';
        socket.on('data', (chunk) => {
          got += chunk;
        });
        socket.on('close', () => resolve(got));
      });
    const [headers, body] = await Promise.all([
      closed('POST /mcp HTTP/1.1\r\nHost: loc'),
      closed('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'),
    ]);
    expect(headers).toContain('408 Request Timeout');
    expect(body).toContain('408 Request Timeout');
  });

  it('cannot open more connections than the limit', { tags: ['F27', 'T23'] }, async () => {
    const gateway = await start({ limits: { connectionsLoopback: 10 } });
    const { hostname, port } = new URL(gateway.url);
    let refused = 0;
    const sockets = await Promise.all(
      Array.from(
        { length: 30 },
        () =>
          new Promise<ReturnType<typeof connectSocket>>((resolve) => {
            const socket = connectSocket(Number(port), hostname, () => resolve(socket));
            socket.on('error', () => undefined);
            socket.on('close', () => void refused++);
          }),
      ),
    );
    // One program cannot use the last eighth, if the system reports which program it is.
    const surplus = process.platform === 'linux' ? 21 : 20;
    await until('the surplus is rejected', () => refused >= surplus);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(refused).toBe(surplus);
    for (const socket of sockets) socket.destroy();
    await until('there is room again', () =>
      connect('v1', gateway).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('health', () => {
  it('replies with one word without a login, and "busy" while the gateway drains', {
    tags: ['health-words', 'drain-on-signal'],
  }, async () => {
    const gateway = await start({ auth: { tokens: [{ token: 'a-token-of-sufficient-length', principal: 'ada' }] } });
    const ask = async (path: string): Promise<[number, string]> => {
      const answer = await fetch(new URL(path, gateway.url));
      return [answer.status, await answer.text()];
    };
    expect(await ask('/livez')).toEqual([200, 'alive']);
    expect(await ask('/readyz')).toEqual([200, 'ready']);
    const open = await start();
    const client = await connect('v1', open);
    const pending = client.call('wait', { ms: 4_000 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const ended = open.stop();
    await open.said('SIGTERM: draining calls in flight');
    const draining = await fetch(new URL('/readyz', open.url));
    expect([draining.status, await draining.text()]).toEqual([503, 'busy']);
    const refused = await fetch(open.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await pending).content[0]?.text).toBe('waited');
    expect(await ended).toBe(0);
  });

  it('ends at once on a second signal', { tags: ['drain-on-signal'] }, async () => {
    const gateway = await start();
    const client = await connect('v1', gateway);
    void client.call('wait', { ms: 60_000 }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const started = performance.now();
    const ended = gateway.stop('SIGTERM');
    await gateway.said('SIGTERM: draining calls in flight');
    void gateway.stop('SIGTERM');
    expect(await ended).toBe(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
