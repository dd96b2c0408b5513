import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { ExactNumber } from '../../../dist/src/core/json/exact-number.js';
import { passedMeta } from '../../../dist/src/core/own-meta.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { keepLog, openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { type RawUpstream, rawUpstream, toolOf } from '../../support/raw-upstream.ts';

const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'a=b', 'com.example/tenant': { id: 7 } };
const RESULT = { content: [{ type: 'text', text: 'Done.' }], structuredContent: { id: 7, text: null }, _meta: { 'com.example/cost': 3 } };

async function open(): Promise<{ app: TestApp; up: RawUpstream }> {
  const up = await rawUpstream(
    ({ method }) => {
      if (method === 'tools/list') return { tools: ['given', 'bare', 'data'].map((name) => toolOf(name)) };
      if (method === 'resources/list') return { resources: [{ uri: 'a:b', name: 'a' }] };
      if (method === 'resources/read')
        return { contents: [{ uri: 'a:b', text: 'x' }], _meta: { 'com.example/cost': 3, 'plugmux/error': 1 } };
      const name = up.messages.at(-1)?.params.name;
      if (name === 'data') return { structuredContent: { id: 7 } };
      return name === 'bare' ? { content: RESULT.content, structuredContent: null } : RESULT;
    },
    { capabilities: { tools: {}, resources: {} } },
  );
  const app = await openApp([mcp], { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } });
  await app.instance.registry.start();
  return { app, up };
}

describe('the _meta of a request', { tags: ['meta-passes'] }, () => {
  const callWith = (meta: object | undefined, progress?: () => void) =>
    new Call(localCaller(), { ...silentClient(keepLog().log), meta: meta as never, progress });
  const sent = (up: RawUpstream, method: string): unknown => up.messages.findLast((message) => message.method === method)?.params._meta;

  it("reaches the server, and the server's _meta is returned", async () => {
    const { app, up } = await open();
    expect((await app.call('given', {}, callWith(TRACE))).meta).toEqual({ 'com.example/cost': 3 });
    expect(sent(up, 'tools/call')).toEqual(TRACE);
    await app.call(
      'given',
      {},
      callWith(TRACE, () => undefined),
    );
    expect(sent(up, 'tools/call')).toEqual({ ...TRACE, progressToken: expect.any(Number) });
    const read = await app.instance.gateway.readResource('a:b', callWith(TRACE));
    expect([sent(up, 'resources/read'), read.meta]).toEqual([TRACE, { 'com.example/cost': 3 }]);
    await app.call('given', {}, callWith(undefined));
    expect(sent(up, 'tools/call')).toBeUndefined();
  });

  it('passes without connection-specific keys, and is absent if nothing else remains', () => {
    const own = { progressToken: 1, 'io.modelcontextprotocol/protocolVersion': 'x', 'plugmux/origin': {} };
    expect(passedMeta({ ...own, ...TRACE })).toEqual(TRACE);
    for (const meta of [own, {}, undefined, null, 5, []]) expect(passedMeta(meta as never)).toBeUndefined();
    const evil = JSON.parse('{"__proto__":{"a":1},"x/y":2}');
    expect(Object.keys(passedMeta(evil) ?? {})).toEqual(['__proto__', 'x/y']);
    expect(passedMeta({ 'x/y': new ExactNumber('9007199254740993') } as never)).toMatchObject({ 'x/y': { text: '9007199254740993' } });
  });
});

it('roots are those of the client behind a call; without a client, none are invented', { tags: ['roots-of-client'] }, async () => {
  let answered: (() => void) | undefined;
  const up = await rawUpstream(({ method }) => {
    if (method === 'tools/list') return { tools: [toolOf('look')] };
    if (method !== 'tools/call') return undefined;
    for (const stream of up.streams) stream.write('data: {"jsonrpc":"2.0","id":"during","method":"roots/list"}\n\n');
    return new Promise((resolve) => {
      answered = () => resolve(RESULT);
    });
  });
  const app = await openApp([mcp], { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } });
  await app.instance.registry.start();
  const replyTo = (id: string) => up.messages.find((message) => message.id === id && message.method === undefined) as object | undefined;
  await until('its stream is open', () => up.streams.size === 1);
  for (const stream of up.streams) stream.write('data: {"jsonrpc":"2.0","id":"early","method":"roots/list"}\n\n');
  await until('it is answered', () => replyTo('early') !== undefined);
  expect(replyTo('early')).toMatchObject({ error: { message: expect.stringContaining('No client can be asked') } });
  const link = {
    ...silentClient(keepLog().log),
    answerableKinds: ['roots'] as const,
    ask: async () => ({ question: { roots: [{ uri: 'file:///a' }] } }),
  };
  const call = app.call('look', {}, new Call(localCaller(), link));
  await until('it is answered', () => replyTo('during') !== undefined);
  expect(replyTo('during')).toMatchObject({ result: { roots: [{ uri: 'file:///a' }] } });
  answered?.();
  await call;
});

describe('a result of a server', { tags: ['results-as-given'] }, () => {
  it('with text and data passes unchanged; a missing one is added, but nothing to the data', async () => {
    const { app } = await open();
    expect(await app.call('given')).toEqual({ content: RESULT.content, structured: RESULT.structuredContent, meta: RESULT._meta });
    expect(await app.call('bare')).toEqual({ content: RESULT.content });
    expect(await app.call('data')).toEqual({ content: [{ type: 'text', text: '{"id":7}' }], structured: { id: 7 } });
  });
});
