import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceContext, withTraceHeaders } from '../../dist/src/core/trace-context.js';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { META } from '../support/modern.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

const SDK = fileURLToPath(new URL('../fixtures/spans.mjs', import.meta.url));
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const OTHER = '00-11111111111111111111111111111111-2222222222222222-01';
const SERVER = 1;
const CLIENT = 2;

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly state?: string;
}

/** A gateway with the SDK, and the spans that it ended. */
async function start(config: object = { metrics: { traces: true } }, plugins: readonly string[] = ['plain']) {
  const file = join(tempFolder(), 'spans');
  const env = { NODE_OPTIONS: `--import ${SDK}`, SPANS: file };
  const gateway = await serve(writeConfig(config, plugins), { env });
  const spans = (): Span[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Span)
      : [];
  const pair = async (): Promise<[Span, Span]> => {
    await until('both spans have ended', () => spans().length >= 2);
    const [plugin, call] = spans().slice(-2);
    return [call as Span, plugin as Span];
  };
  return { gateway, spans, pair, env };
}

async function post(gateway: Serving, body: object, headers: Record<string, string> = {}, path = '/mcp'): Promise<Response> {
  return fetch(gateway.url.replace('/mcp', path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
}

async function call(
  gateway: Serving,
  name: string,
  args: object,
  meta: object = {},
  headers: Record<string, string> = {},
): Promise<string> {
  const params = { name, arguments: args, _meta: { ...META, ...meta } };
  const own = { 'mcp-method': 'tools/call', 'mcp-name': name, 'mcp-protocol-version': '2026-07-28' };
  return (await post(gateway, { jsonrpc: '2.0', id: 'the-id', method: 'tools/call', params }, { ...own, ...headers })).text();
}

describe('a traced call', () => {
  it('is a span with the call of its plugin below it, in the trace of its _meta', { tags: ['traces'] }, async () => {
    const { gateway, pair } = await start();
    const meta = { traceparent: PARENT, tracestate: 'vendor=1', baggage: 'user=ada' };
    await call(gateway, 'echo', { message: 'a-secret-argument' }, meta, { traceparent: OTHER });
    const [server, client] = await pair();
    expect(server).toMatchObject({ name: 'tools/call echo', kind: SERVER, traceId: TRACE, parent: 'b7ad6b7169203331', state: 'vendor=1' });
    expect(client).toMatchObject({ name: 'plugin plain', kind: CLIENT, traceId: TRACE, parent: server.spanId });
    expect(server.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo',
      'mcp.session.id': 'default:local',
      'mcp.protocol.version': '2026-07-28',
      'jsonrpc.request.id': 'the-id',
    });
    expect(JSON.stringify([server, client])).not.toContain('a-secret-argument');
  });

  it('begins a trace without a context, or with one that is not valid', { tags: ['traces'] }, async () => {
    const { gateway, pair } = await start();
    for (const traceparent of ['x', '00-0', OTHER.toUpperCase().replace('1', 'A'), `${OTHER}-more`, OTHER.replace(/1/g, '0')]) {
      await call(gateway, 'echo', { message: 'hi' }, { traceparent });
      const [server] = await pair();
      expect([server.parent, server.traceId === TRACE]).toEqual([undefined, false]);
    }
  });

  it('takes the context of HTTP headers, in both eras and over plain HTTP', { tags: ['traces'] }, async () => {
    const { gateway, pair, spans } = await start();
    const headers = { traceparent: PARENT };
    await call(gateway, 'echo', { message: 'hi' }, {}, headers);
    expect((await pair())[0]).toMatchObject({ traceId: TRACE });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const opened = await post(gateway, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-11-25' };
    const hi = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'echo', arguments: { message: 'hi' } } };
    await (await post(gateway, hi, { ...session, ...headers })).text();
    expect((await pair())[0]).toMatchObject({
      traceId: TRACE,
      attributes: { 'mcp.protocol.version': '2025-11-25', 'jsonrpc.request.id': '2' },
    });
    await (await post(gateway, { message: 'hi' }, headers, '/api/tools/echo')).text();
    await until('all spans have ended', () => spans().length === 6);
    expect(spans().every(({ traceId }) => traceId === TRACE)).toBe(true);
  });

  it('says how it failed', { tags: ['traces'] }, async () => {
    const { gateway, pair, spans } = await start();
    await call(gateway, 'circular', {});
    expect((await pair())[0]).toMatchObject({ status: 2, attributes: { 'error.type': 'RESULT_INVALID' } });
    await call(gateway, 'no-such-tool', {});
    await until('the span has ended', () => spans().length === 3);
    expect(spans().at(-1)).toMatchObject({ name: 'tools/call no-such-tool', status: 2, attributes: { 'error.type': 'UNKNOWN_TOOL' } });
  });

  it('goes on at an upstream server', { tags: ['traces'] }, async () => {
    const back = await start();
    const front = await start({ metrics: { traces: true }, mcpServers: { back: { url: back.gateway.url } } }, []);
    await until('the upstream server is listed', async () => (await call(front.gateway, 'echo', { message: 'hi' })).includes('"hi"'));
    const meta = { traceparent: PARENT, baggage: 'user=ada' };
    const before = back.spans().length;
    await call(front.gateway, 'echo', { message: 'hi' }, meta);
    await until('its spans have ended', () => back.spans().length === before + 2);
    const [server, client] = await front.pair();
    expect(server).toMatchObject({ traceId: TRACE, parent: 'b7ad6b7169203331' });
    expect((await back.pair())[0]).toMatchObject({ traceId: TRACE, parent: client.spanId });
  });

  it('does not exist unless it is asked for', { tags: ['traces'] }, async () => {
    const { gateway, spans } = await start({});
    expect(await call(gateway, 'echo', { message: 'hi' }, { traceparent: PARENT })).toContain('hi');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(spans()).toEqual([]);
  });
});

describe('a trace context', () => {
  const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

  it('is taken exactly as the W3C writes it', { tags: ['traces'] }, () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(2), (trace, span, flags) => {
        const traceparent = `00-${trace}-${span}-${flags}`;
        const isValid = /[^0]/.test(trace) && /[^0]/.test(span);
        expect(readTraceContext({ traceparent })).toEqual(isValid ? { traceparent } : undefined);
        for (const wrong of [`ff-${trace}-${span}-${flags}`, traceparent.slice(1), `${traceparent}-x`, `${traceparent}\r\nx: y`])
          expect(readTraceContext({ traceparent: wrong })).toBeUndefined();
      }),
    );
  });

  it('has no part that cannot be a header, whatever is sent', { tags: ['traces'] }, () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(PARENT), fc.jsonValue());
    fc.assert(
      fc.property(value, value, value, (traceparent, tracestate, baggage) => {
        const found = withTraceHeaders(undefined, { traceparent, tracestate, baggage }) as Record<string, string> | undefined;
        for (const text of Object.values(found ?? {})) expect(text).toMatch(/^[\x20-\x7e]*$/);
        if (found?.tracestate !== undefined) expect(found.traceparent).toBe(PARENT);
      }),
      { numRuns: 1_000 },
    );
    expect(readTraceContext({ traceparent: PARENT, tracestate: 'x'.repeat(513), baggage: 'x'.repeat(8_193) })).toEqual({
      traceparent: PARENT,
    });
  });
});
