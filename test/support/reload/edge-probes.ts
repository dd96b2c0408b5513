import { WebSocket } from 'ws';
import type { LimitName } from '../../../dist/src/config/limits.js';
import { until } from '../processes.ts';
import { ends, endsToo, HOUR, type Probe, seen, settled } from './probe.ts';
import { HELLO, type Running } from './running.ts';

const TOKENS = ['ada', 'bob'].map((principal) => ({ token: `${principal}-0123456789abcdef`, principal }));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const asAda = bearer('ada-0123456789abcdef');
const big = 'x'.repeat(2_000);

/** How many of five connections stay open. */
const kept = async (gateway: Running): Promise<number> => {
  const before = openSockets();
  const sockets: Awaited<ReturnType<Running['socket']>>[] = [];
  for (let i = 0; i < 5; i++) sockets.push(await gateway.socket());
  const number = (): number => sockets.filter((socket) => !socket.isOver()).length;
  // The newest connection is never the closed one: its reply arrives after all closings of the gateway.
  const newest = sockets[4] as Awaited<ReturnType<Running['socket']>>;
  newest.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => newest.once('data', resolve));
  const open = number();
  for (const socket of sockets) socket.destroy();
  await until('the gateway has noticed the disconnects', () => openSockets() <= before);
  return open;
};

// Both ends are in this process.
const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

/** The outcome of a WebSocket with a large ping: the id of the reply, or the close code. */
const overWebSocket = (gateway: Running): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, 'mcp');
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, ...HELLO }));
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { big } }));
    });
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as { id?: number };
      if (id === 1) socket.close();
      if (id === 1) resolve('answered');
    });
    socket.on('close', resolve);
  });

/** Whether the third of three sessions is open and the first is still. */
const sessions = async (gateway: Running): Promise<readonly number[]> => {
  const [first, , third] = [await gateway.session(asAda), await gateway.session(asAda), await gateway.session(asAda)];
  const found = [];
  for (const session of [first, third]) found.push((await gateway.post({ method: 'ping' }, session)).status);
  for (const session of [first, third]) await gateway.send('DELETE', '/mcp', '', session);
  return found;
};

/** A call with more progress than may be queued for its client. */
const talkative = async (gateway: Running): Promise<() => boolean> => {
  const params = { name: 'work', arguments: {}, _meta: { progressToken: 1 } };
  const stream = gateway.post({ method: 'tools/call', params }, await gateway.session());
  await until('the call runs', () => gateway.app.calls() === 1);
  return settled(stream);
};

/** The limits that the edge and the sessions read. */
export const EDGE_PROBES: Partial<Record<LimitName, Probe>> = {
  messageBytes: seen(
    100_000,
    1_000,
    [
      [200, 200, 'answered'],
      [413, 413, 1009],
    ],
    async (gateway) => [
      (await gateway.post({ method: 'ping', params: { big } }, await gateway.session())).status,
      (await gateway.send('POST', '/api/tools/echo', JSON.stringify({ message: big }))).status,
      await overWebSocket(gateway),
    ],
  ),
  headerMs: endsToo(50, async (gateway) => (await gateway.socket('GET /livez HTTP/1.1\r\nHost: loc')).isOver),
  bodyMs: endsToo(
    50,
    async (gateway) => (await gateway.socket('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{')).isOver,
    { limits: { headerMs: 50 } },
  ),
  keepAliveMs: seen(HOUR, 7_000, ['timeout=3600', 'timeout=7'], async (gateway) => {
    const socket = await gateway.socket('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    return /^keep-alive: (.*)\r$/im.exec(answer)?.[1];
  }),
  // If other machines can connect, this machine gets only its share of the connections.
  connectionsPerAddress: seen(3, 6, [5, 4], kept, {
    limits: { connections: 8 },
    more: { listen: { insecure: true }, auth: { tokens: TOKENS } },
    host: '0.0.0.0',
  }),
  connectionsLoopback: seen(100, 2, [5, 2], kept),
  connections: seen(100, 3, [5, 3], kept),
  sessionsPerPrincipal: seen(
    10,
    1,
    [
      [200, 200],
      [404, 200],
    ],
    sessions,
    { more: { auth: { tokens: TOKENS } } },
  ),
  sessions: seen(
    10,
    1,
    [
      [200, 200],
      [404, 200],
    ],
    sessions,
  ),
  sessionIdleMs: endsToo(20, async (gateway) => {
    await gateway.session();
    return () => gateway.app.engine.sessions() === 0;
  }),
  queuedBytes: { ...endsToo(1, talkative), from: 1_000_000_000 },
  failedLoginsPerMinute: seen(
    100,
    1,
    [
      [401, 401],
      [429, 429],
    ],
    async (gateway) => {
      const wrong = bearer(`wrong-${Math.random()}`);
      return [(await gateway.post(HELLO, wrong)).status, (await gateway.post(HELLO, wrong)).status];
    },
    { more: { auth: { tokens: TOKENS } } },
  ),
  drainMs: ends(50, async (gateway) => {
    const call = gateway.call('wait', { ms: 20_000 });
    call.catch(() => undefined);
    await until('the call runs', () => gateway.app.calls() === 1);
    return settled(gateway.http.drain());
  }),
};
