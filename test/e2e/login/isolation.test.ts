import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { adminPluginRoutes } from '../../../dist/src/admin/admin-plugins.js';
import { metricsRoute } from '../../../dist/src/admin/metrics.js';
import { BASE, ROUTES } from '../../../dist/src/console/api/table.js';
import { PATHS } from '../../../dist/src/core/paths.js';
import { healthRoutes } from '../../../dist/src/transports/health.js';
import { WELL_KNOWN } from '../../../dist/src/transports/login/places.js';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { META } from '../../support/modern.ts';
import { until } from '../../support/processes.ts';
import { type AtEnd, tempFolder } from '../../support/temp.ts';

// Two principals on one gateway: what Ada does has a mark, which Bob must not see on any route, and nothing of hers may change.

const ADA = { token: 'the-token-of-ada-0123456', principal: 'ada' };
const BOB = { token: 'the-token-of-bob-0123456', principal: 'bob' };
/** Occurs in what Ada sends, and in what she gets. */
const MARK = 'secret-of-ada';
const LONG = `${MARK} ${'x'.repeat(2_000)}`;
const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: MARK, version: '1' } };

let gateway: Serving;
/** Bob's own session, Ada's session, her stream of HTTP+SSE, her stored result, and her question. */
let made: { bob: string; session: string; messages: string; stored: string; state: string; stop(): void };
/** What Bob's connections received. */
const heard: string[] = [];

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function send(who: typeof ADA, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(gateway.url.replace('/mcp', path), {
    method,
    headers: {
      authorization: `Bearer ${who.token}`,
      accept: 'application/json, text/event-stream',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const rpc = (method: string, params: object, id: number | string = 1) => ({ jsonrpc: '2.0', id, method, params });
const inSession = (session: string) => ({ 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' });

/** A request of the modern era. */
function modern(who: typeof ADA, method: string, params: Record<string, unknown>, id: number | string = 1): Promise<Answer> {
  const name = String(params.name ?? params.uri ?? '');
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(name === '' ? {} : { 'mcp-name': name }) };
  return send(who, 'POST', '/mcp', rpc(method, { ...params, _meta: META }, id), headers);
}

async function openSession(who: typeof ADA): Promise<string> {
  return (await send(who, 'POST', '/mcp', rpc('initialize', INITIALIZE))).headers.get('mcp-session-id') ?? '';
}

/** Opens an event stream and passes on what arrives, until the test ends. */
async function listenTo(who: typeof ADA, path: string, take: (text: string) => void, init: RequestInit = {}): Promise<() => void> {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${who.token}`, accept: 'text/event-stream', ...(init.headers as object) };
  const stream = await fetch(gateway.url.replace('/mcp', path), { ...init, headers, signal: stop.signal });
  void (async () => {
    for await (const chunk of stream.body ?? []) take(Buffer.from(chunk).toString());
  })().catch(() => undefined);
  return () => stop.abort();
}

const ends: (() => unknown)[] = [];
beforeAll(async () => {
  const atEnd: AtEnd = (end) => void ends.push(end);
  const config = {
    auth: { tokens: [ADA, BOB] },
    limits: { resultChars: 500, failedLoginsPerMinute: 1_000 },
    console: true,
    profiles: { p: {} },
  };
  gateway = await serve(writeConfig(config, ['plain', 'consent'], tempFolder(atEnd)), { atEnd });
  const [session, bob] = [await openSession(ADA), await openSession(BOB)];
  let messages = '';
  const stop = await listenTo(ADA, '/sse', (text) => {
    messages ||= `/${/data: (\S+)/.exec(text)?.[1] ?? ''}`;
  });
  await until("Ada's stream is open", () => messages !== '');
  await listenTo(BOB, '/sse', (text) => void heard.push(text));
  await listenTo(BOB, '/mcp', (text) => void heard.push(text), { headers: inSession(bob) });
  const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: { authorization: `Bearer ${BOB.token}` } });
  socket.on('message', (data) => void heard.push(String(data)));
  await new Promise((resolve) => socket.on('open', resolve));
  const long = await modern(ADA, 'tools/call', { name: 'echo', arguments: { message: LONG } });
  const stored = /"uri":"([^"]+)"/.exec(long.text)?.[1] ?? '';
  const asked = await modern(ADA, 'tools/call', { name: 'ask', arguments: { field: MARK } });
  const state = /"requestState":"([^"]+)"/.exec(asked.text)?.[1] ?? '';
  made = { bob, session, messages, stored, state, stop };
  return async () => {
    socket.terminate();
    for (const end of ends.reverse()) await end();
  };
}, 30_000);

/** Who asks what on a route, and what must come back. Bob's answers are searched for Ada's mark. */
type Row = (as: typeof BOB) => Promise<{ readonly answers: readonly Answer[]; readonly statuses: readonly number[] }>;

const rowOf =
  (statuses: readonly number[], ...asks: ((as: typeof BOB) => Promise<Answer>)[]): Row =>
  async (as) => {
    const answers: Answer[] = [];
    for (const ask of asks) answers.push(await ask(as));
    return { answers, statuses };
  };
const plainly = (method: string, path: string, body?: unknown) => (as: typeof BOB) => send(as, method, path, body);

const ROWS: Readonly<Record<string, Row>> = {
  [PATHS.streamable]: rowOf(
    [404, 404, 404, 400, 200, 200, 200],
    (as) => send(as, 'POST', '/mcp', rpc('tools/list', {}), inSession(made.session)),
    (as) => send(as, 'GET', '/mcp', undefined, inSession(made.session)),
    (as) => send(as, 'DELETE', '/mcp', undefined, inSession(made.session)),
    (as) => send(as, 'GET', '/mcp', undefined, { ...inSession(made.bob), 'last-event-id': '0_1' }),
    (as) => modern(as, 'resources/list', {}),
    (as) => modern(as, 'resources/read', { uri: made.stored }),
    (as) =>
      modern(as, 'tools/call', {
        name: 'ask',
        arguments: { field: MARK.replace('ada', 'bob') },
        requestState: made.state,
        inputResponses: { q: { action: 'accept', content: {} } },
      }),
  ),
  [PATHS.sse]: rowOf([405], plainly('POST', '/sse', {})),
  [PATHS.messages]: rowOf([404], (as) =>
    send(as, 'POST', made.messages, rpc('tools/call', { name: 'echo', arguments: { message: 'of bob' } })),
  ),
  [PATHS.websocket]: rowOf([426], plainly('GET', '/ws')),
  [PATHS.tools]: rowOf([200, 200], plainly('GET', '/api/tools'), plainly('POST', '/api/tools/echo', { message: 'of bob' })),
  [PATHS.openapi]: rowOf([200], plainly('GET', '/api/openapi.json')),
  [PATHS.status]: rowOf([404], plainly('GET', '/status')),
  '/livez': rowOf([200], plainly('GET', '/livez')),
  '/readyz': rowOf([200], plainly('GET', '/readyz')),
  '/metrics': rowOf([403], plainly('GET', '/metrics')),
  '/v1/admin/plugins': rowOf([403, 403], plainly('GET', '/v1/admin/plugins'), plainly('POST', '/v1/admin/plugins/plain/disable', {})),
  '/v1/plugins': rowOf([403, 403], plainly('GET', '/v1/plugins'), plainly('POST', '/v1/plugins/plain/toggle', {})),
  '/v1/rooms': rowOf([403], plainly('GET', '/v1/rooms')),
  [WELL_KNOWN]: rowOf([404], plainly('GET', `${WELL_KNOWN}/mcp`)),
  [`${BASE}/live`]: rowOf([404], plainly('GET', `${BASE}/live`)),
  // A token that may neither observe nor change is no key of the console, and gets none.
  ...Object.fromEntries(
    ROUTES.map(({ method, path }) => {
      const isLogin = path === '/login';
      const body = method === 'get' ? undefined : isLogin ? { token: BOB.token } : {};
      return [
        `${method} ${BASE}${path}`,
        rowOf([isLogin ? 403 : 401], plainly(method.toUpperCase(), BASE + path.replace(/:\w+/g, 'plain'), body)),
      ];
    }),
  ),
};

describe('two principals', () => {
  it('have a row for every route', { tags: ['isolated'] }, () => {
    const open = healthRoutes({ ready: () => true, draining: () => false }).keys();
    const admin = [...adminPluginRoutes({} as never, {} as never).keys(), ...metricsRoute({} as never).keys()];
    const console = [`${BASE}/live`, ...ROUTES.map(({ method, path }) => `${method} ${BASE}${path}`)];
    expect(Object.keys(ROWS).sort()).toEqual([...Object.values(PATHS), ...open, ...admin, WELL_KNOWN, ...console].sort());
  });

  it('have made what the other must not see', { tags: ['isolated'] }, async () => {
    for (const value of Object.values(made)) expect(value).toBeTruthy();
    expect((await modern(ADA, 'resources/read', { uri: made.stored })).text).toContain(LONG);
    expect((await send(ADA, 'POST', '/mcp', rpc('tools/list', {}), inSession(made.session))).status).toBe(200);
  });

  it.each(Object.keys(ROWS))('do not see each other on %s', { tags: ['isolated'] }, async (name) => {
    const { answers, statuses } = await (ROWS[name] as Row)(BOB);
    expect([name, answers.map(({ status }) => status)]).toEqual([name, statuses]);
    for (const { text } of answers) expect(text).not.toContain(MARK);
  });

  it('get an error for what belongs to the other', { tags: ['isolated'] }, async () => {
    const read = await modern(BOB, 'resources/read', { uri: made.stored });
    expect(JSON.parse(read.text)).toMatchObject({ error: { code: -32602 } });
    const inputResponses = { q: { action: 'accept', content: { [MARK]: 'x' } } };
    const args = { name: 'ask', arguments: { field: MARK }, requestState: made.state, inputResponses };
    expect(JSON.parse((await modern(BOB, 'tools/call', args)).text)).toMatchObject({ error: { code: -32602 } });
    // Ada's question is still open for her.
    expect((await modern(ADA, 'tools/call', args)).text).toContain('accept x');
  });

  it('neither cancel nor mix calls with the same id, and share no limit', { tags: ['isolated'] }, async () => {
    const waiting = modern(ADA, 'tools/call', { name: 'wait', arguments: { ms: 600 } }, 77);
    const own = send(ADA, 'POST', '/mcp', rpc('tools/call', { name: 'wait', arguments: { ms: 600 } }, 77), inSession(made.session));
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77, reason: 'of bob' } };
    await send(BOB, 'POST', '/mcp', cancel, inSession(made.bob));
    await send(BOB, 'POST', '/mcp', cancel, inSession(made.session));
    expect((await modern(BOB, 'tools/call', { name: 'echo', arguments: { message: 'of bob' } }, 77)).text).toContain('of bob');
    expect([(await waiting).text, (await own).text]).toEqual([expect.stringContaining('waited'), expect.stringContaining('waited')]);
  });

  it('get no message of a call, log line or change of the other', { tags: ['isolated'] }, async () => {
    const level = { _meta: { ...META, 'io.modelcontextprotocol/logLevel': 'debug', progressToken: 't' } };
    await modern(ADA, 'tools/call', { name: 'log', arguments: {}, ...level });
    await send(ADA, 'POST', '/mcp', rpc('tools/call', { name: 'log', arguments: {} }), inSession(made.session));
    await send(ADA, 'POST', made.messages, rpc('tools/call', { name: 'echo', arguments: { message: MARK } }));
    await send(
      ADA,
      'POST',
      '/mcp',
      rpc('tools/call', { name: 'count', arguments: { to: 3 }, _meta: { progressToken: 1 } }),
      inSession(made.session),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(heard.join('')).toContain('endpoint');
    expect(heard.join('')).not.toMatch(/secret-of-ada|notifications\/(message|progress)|an error line/);
  });

  it('get no live channel of the console by their tokens', { tags: ['isolated'] }, async () => {
    const socket = new WebSocket(`${gateway.at('ws').url.replace('/ws', '')}${BASE}/live`, 'plugmux.console.v1');
    const got: string[] = [];
    socket.on('message', (data) => got.push(String(data)));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'start', key: BOB.token, want: ['calls', 'log:notes', 'clients'] })));
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4401);
    expect(got.join('')).not.toMatch(/"calls?"|hello/);
  });

  it('do not see the approvals of the other, nor use them', { tags: ['isolated'] }, async () => {
    const args = { what: `${MARK} bob` };
    const asked = await modern(ADA, 'tools/call', { name: 'erase', arguments: args });
    const { requestState, inputRequests } = (JSON.parse(asked.text) as { result: { requestState: string; inputRequests: object } }).result;
    const key = Object.keys(inputRequests)[0] as string;
    const agreed = { requestState, inputResponses: { [key]: { action: 'accept', content: { decision: 'session', approve: 'session' } } } };
    expect(JSON.parse((await modern(BOB, 'tools/call', { name: 'erase', arguments: args, ...agreed })).text)).toMatchObject({
      error: { code: -32602 },
    });
    const prompt = await modern(BOB, 'prompts/get', { name: 'approvals' });
    expect(prompt.text).not.toContain(MARK);
    expect((await modern(BOB, 'tools/call', { name: 'runs', arguments: {} })).text).not.toContain(MARK);
  });
});
