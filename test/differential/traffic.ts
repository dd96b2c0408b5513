import fc from 'fast-check';
import type { Exchange } from './exchange.ts';

// The traffic for both servers. Everything here is derived from the seed.

type Json = Record<string, unknown>;

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {}, roots: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'differential', version: '1.0.0' },
};
const COMMON = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const TOOLS = ['echo', 'count', 'log', 'cancelled', 'structured'];

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const id = fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.string({ maxLength: 8 }));
const junk = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>;
const token = fc.oneof(fc.constant({}), fc.constant({ _meta: { progressToken: 'p' } }), fc.constant({ _meta: { progressToken: 7 } }));

const call = (name: fc.Arbitrary<unknown>, args: fc.Arbitrary<unknown>) =>
  fc.tuple(name, args, token).map(([n, a, t]): [string, Json] => ['tools/call', { name: n, arguments: a, ...t }]);

/** Methods with parameters as sent by a correct and by a faulty client. */
const requests: fc.Arbitrary<[string, Json]> = fc.oneof(
  { weight: 3, arbitrary: call(fc.constant('echo'), fc.record({ message: text })) },
  { weight: 2, arbitrary: call(fc.constant('count'), fc.record({ to: fc.integer({ min: 0, max: 3 }) })) },
  { weight: 2, arbitrary: call(fc.constantFrom(...TOOLS), fc.constant({})) },
  { weight: 1, arbitrary: call(fc.constantFrom(...TOOLS), fc.dictionary(fc.constantFrom('message', 'to', 'x'), junk)) },
  { weight: 1, arbitrary: call(text, fc.constant({})) },
  { weight: 1, arbitrary: call(junk, junk) },
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'].map((method) => ({
    weight: 1,
    arbitrary: fc.constant<[string, Json]>([method, {}]),
  })),
  {
    weight: 1,
    arbitrary: fc
      .record({ name: fc.constant('greet'), arguments: fc.record({ who: text }) })
      .map((p): [string, Json] => ['prompts/get', p]),
  },
  { weight: 1, arbitrary: fc.record({ name: text }).map((p): [string, Json] => ['prompts/get', p]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('plain://text', 'plain://item/1', 'plain://none', 'file:///etc/passwd', '')
      .map((uri): [string, Json] => ['resources/read', { uri }]),
  },
  { weight: 1, arbitrary: junk.map((uri): [string, Json] => ['resources/read', { uri }]) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        ref: fc.constant({ type: 'ref/prompt', name: 'greet' }),
        argument: fc.record({ name: fc.constant('who'), value: fc.constantFrom('', 'A', 'x') }),
      })
      .map((p): [string, Json] => ['completion/complete', p]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('ping', 'logging/setLevel', 'resources/subscribe', 'nope', 'server/discover')
      .map((m): [string, Json] => [m, {}]),
  },
);

/** Messages that are not requests, in ways for which JSON-RPC defines a reply. */
const broken: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    { id: 1, method: 'ping' },
    { jsonrpc: '1.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: 1 },
    { jsonrpc: '2.0', id: null, method: 'ping' },
    { jsonrpc: '2.0', id: 1.5, method: 'ping' },
    { jsonrpc: '2.0', id: {}, method: 'ping' },
    { jsonrpc: '2.0', id: 1, method: 7 },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: [] },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: 'x' },
    {},
    [],
    'text',
    7,
    null,
  ),
  junk,
);

const legacyHeaders = { ...COMMON, 'mcp-session-id': '$session', 'mcp-protocol-version': '2025-11-25' };

/** The headers of a modern message. */
function modernHeaders(method: string, params: Json): Record<string, string> {
  const named = { 'tools/call': params.name, 'prompts/get': params.name, 'resources/read': params.uri }[method];
  const name: Record<string, string> = typeof named === 'string' ? { 'mcp-name': encode(named) } : {};
  return { ...COMMON, 'mcp-protocol-version': '2026-07-28', 'mcp-method': encode(method), ...name };
}

function encode(value: string): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

const post = (name: string, headers: Record<string, string>, body: unknown): Exchange => ({
  name,
  method: 'POST',
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const atEdge = (exchange: Exchange): Exchange => ({ ...exchange, edge: true });

/** A request of either era that every server answers, to mark the end of earlier replies. */
export const closing = {
  legacy: (requestId: string): object => ({ jsonrpc: '2.0', id: requestId, method: 'ping' }),
  modern: (requestId: string): object => ({ jsonrpc: '2.0', id: requestId, method: 'prompts/list', params: { _meta: ENVELOPE } }),
};

/** The handshake that opens a legacy session. */
export const handshake: readonly Exchange[] = [
  post('initialize', COMMON, {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'differential', version: '1.0.0' } },
  }),
  post('initialized', legacyHeaders, { jsonrpc: '2.0', method: 'notifications/initialized' }),
];

/** Generated requests in an opened legacy session. */
export function legacyTraffic(seed: number, count: number): Exchange[] {
  const good = fc
    .tuple(id, requests)
    .map(([requestId, [method, params]]) => post(`legacy ${method}`, legacyHeaders, { jsonrpc: '2.0', id: requestId, method, params }));
  const headers = fc.constantFrom<Record<string, string>>(
    { 'mcp-session-id': 'no-such-session' },
    { 'mcp-protocol-version': '1999-01-01' },
    { 'mcp-protocol-version': '2024-11-05' },
    { 'content-type': 'text/plain' },
    { accept: 'text/html' },
  );
  const bad = fc
    .tuple(id, headers)
    .map(([requestId, more]) =>
      atEdge(
        post(`legacy headers ${JSON.stringify(more)}`, { ...legacyHeaders, ...more }, { jsonrpc: '2.0', id: requestId, method: 'ping' }),
      ),
    );
  const odd = broken.map((body) => post(`legacy broken ${JSON.stringify(body).slice(0, 60)}`, legacyHeaders, body));
  return fc.sample(fc.oneof({ weight: 10, arbitrary: good }, { weight: 1, arbitrary: bad }, { weight: 3, arbitrary: odd }), {
    seed,
    numRuns: count,
  });
}

/** Generated requests of the modern era. */
export function modernTraffic(seed: number, count: number): Exchange[] {
  const good = fc.tuple(id, requests).map(([requestId, [method, given]]) => {
    const params = { ...given, _meta: { ...ENVELOPE, ...((given._meta as object | undefined) ?? {}) } };
    return post(`modern ${method}`, modernHeaders(method, params), { jsonrpc: '2.0', id: requestId, method, params });
  });
  const spoilt = fc
    .tuple(
      good,
      fc.constantFrom('mcp-method', 'mcp-name', 'mcp-protocol-version'),
      fc.constantFrom<string | undefined>(undefined, 'other', '=?base64?!?='),
    )
    .map(([exchange, header, value]) => {
      const { [header]: _, ...rest } = exchange.headers;
      return {
        ...atEdge(exchange),
        name: `${exchange.name} with ${header} ${value ?? 'left out'}`,
        headers: value === undefined ? rest : { ...rest, [header]: value },
      };
    });
  const meta = fc.constantFrom<Json>(
    {},
    { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' },
    { ...ENVELOPE, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' },
    { ...ENVELOPE, 'io.modelcontextprotocol/protocolVersion': 5 },
    { ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': 'none' },
  );
  const enveloped = fc.tuple(id, meta).map(([requestId, _meta]) =>
    post(`modern envelope ${JSON.stringify(_meta).slice(0, 90)}`, modernHeaders('tools/list', {}), {
      jsonrpc: '2.0',
      id: requestId,
      method: 'tools/list',
      params: { _meta },
    }),
  );
  const odd = broken.map((body) => post(`modern broken ${JSON.stringify(body).slice(0, 60)}`, modernHeaders('ping', {}), body));
  return fc.sample(
    fc.oneof(
      { weight: 10, arbitrary: good },
      { weight: 3, arbitrary: spoilt },
      { weight: 2, arbitrary: enveloped },
      { weight: 2, arbitrary: odd },
    ),
    { seed, numRuns: count },
  );
}

const asked = (params: Json, name = 'ask'): Exchange => {
  const all = { name, arguments: { field: 'name' }, _meta: ENVELOPE, ...params };
  return post(`modern asking ${JSON.stringify(params).slice(0, 80)}`, modernHeaders('tools/call', all), {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: all,
  });
};
const ADA = { q: { action: 'accept', content: { name: 'Ada' } } };

/** A question of the modern era, with valid and invalid answers. */
export const asking: readonly Exchange[] = [
  asked({}),
  asked({ inputResponses: ADA, requestState: '$state' }),
  asked({}),
  asked({ inputResponses: {}, requestState: '$state' }),
  asked({ inputResponses: { ...ADA, extra: { action: 'accept' } }, requestState: '$state' }),
  asked({}),
  asked({ inputResponses: { q: { action: 'decline' } }, requestState: '$state' }),
  asked({ inputResponses: ADA, requestState: 'nonsense' }),
  asked({ inputResponses: ADA }),
  asked({ _meta: { ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': {} } }),
  asked({ arguments: {} }, 'visit'),
  asked({ arguments: {} }, 'roots'),
  asked({ arguments: {} }, 'think'),
];
