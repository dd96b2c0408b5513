import { expect, it } from 'vitest';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { parseExact } from '../../../dist/src/core/json/exact-parse.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { SHOP, startGrpc, type TestServerSpec } from '../../support/grpc-server.ts';

const echo: TestServerSpec = {
  unary: {
    'shop.v1.Orders/Get': ({ request }, done) => done(null, request),
    'shop.v1.Orders/Cancel': (_, done) => done(null, Buffer.alloc(0)),
    'shop.v1.Orders/Wait': ({ request }, done) => done(null, request),
    'shop.old.Orders/Get': ({ request }, done) => done(null, request),
  },
};

async function open(keys: object = {}): Promise<TestApp> {
  const { address } = await startGrpc(echo);
  const app = await openApp([grpc], { plugins: { shop: { target: address, descriptors: SHOP, ...keys } } });
  await app.instance.registry.whenListed(20_000);
  return app;
}

/** What the server got and returned, as the client sees it. */
async function roundTrip(app: TestApp, json: string, tool = 'v1_Orders_Get') {
  return app.call(tool, parseExact(json) as object);
}

it.each([
  [
    '64-bit fields keep their digits',
    '{"id":9007199254740993,"big":"18446744073709551615"}',
    { id: '9007199254740993', big: '18446744073709551615' },
  ],
  ['a 32-bit field takes an exponent', '{"small":1e3}', { small: 1000 }],
  ['floats have their three words', '{"price":"-Infinity"}', { price: '-Infinity' }],
  ['bytes are base64, of either alphabet', '{"data":"_-8="}', { data: '/+8=' }],
  ['a field has two spellings', '{"long_name":"a"}', { longName: 'a' }],
  [
    'an enum is a name or a number',
    '{"state":"STATE_PAID","states":[1,"STATE_PAID"]}',
    { state: 'STATE_PAID', states: ['STATE_PAID', 'STATE_PAID'] },
  ],
  ['an unknown number of an enum stays a number', '{"state":7}', { state: 7 }],
  [
    'maps have keys of their type',
    '{"totals":{"a":5},"parts":{"-1":{"small":2}},"flags":{"true":"yes"}}',
    {
      totals: { a: '5' },
      parts: { '-1': { small: 2 } },
      flags: { true: 'yes' },
    },
  ],
  ['a member of a oneof, and a set optional zero', '{"courier":{"label":"x"},"maybe":0}', { courier: { label: 'x' }, maybe: 0 }],
  ['zeros are left out', '{"small":0,"longName":""}', {}],
  [
    'time, duration and mask',
    '{"at":"2026-01-01T00:00:00.5Z","lasts":"-1.5s","mask":"longName,nested.label"}',
    {
      at: '2026-01-01T00:00:00.500Z',
      lasts: '-1.500s',
      mask: 'longName,nested.label',
    },
  ],
  [
    'values without a type',
    '{"free":{"a":[1,null]},"anything":[true],"list":["x",{}],"nothing":null}',
    {
      free: { a: [1, null] },
      anything: [true],
      list: ['x', {}],
    },
  ],
  ['a wrapper is its value', '{"wrapped":"7"}', { wrapped: '7' }],
  [
    'an Any has the type that it names',
    '{"any":{"@type":"type.googleapis.com/shop.v1.Everything.Nested","label":"l"}}',
    {
      any: { '@type': 'type.googleapis.com/shop.v1.Everything.Nested', label: 'l' },
    },
  ],
])('%s', { tags: ['grpc-tools'] }, async (_, sent, returned) => {
  const result = await roundTrip(await open(), sent);
  expect(result.isError, textOf(result)).toBeFalsy();
  expect(result.structured).toEqual(returned);
});

it.each([
  ['{"deep":1}', /deep/],
  ['{"small":1.5}', /small/],
  ['{"big":-1}', /big/],
  ['{"id":9223372036854775808}', /id/],
  ['{"post":"a","courier":{}}', /oneof.*set multiple times/],
  ['{"long_name":"a","longName":"b"}', /long_name.*set multiple times/],
  ['{"state":"STATE_LOST"}', /state/],
  ['{"any":{"@type":"type.googleapis.com/no.Such"}}', /no\.Such/],
  ['{"flags":{"perhaps":"x"}}', /flags|perhaps/],
])('refuses %s by name', { tags: ['grpc-tools'] }, async (sent, named) => {
  const result = await roundTrip(await open(), sent);
  expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'ARGUMENTS_INVALID', outcome: 'NOT_SENT' });
  expect(textOf(result)).toMatch(named);
});

it('prints zeros if the entry wants them', async () => {
  const result = await roundTrip(await open({ zeros: true }), '{"small":1}');
  expect(result.structured).toMatchObject({ small: 1, id: '0', longName: '', states: [], totals: {}, state: 'STATE_UNKNOWN' });
});

it('wraps requests and responses that are no objects', { tags: ['grpc-tools'] }, async () => {
  const app = await open();
  const { tool } = app.instance.registry.catalogue().tools.get('v1_Orders_Wait') ?? {};
  expect(tool?.input).toMatchObject({ properties: { value: { type: 'string' } }, required: ['value'], additionalProperties: false });
  expect(textOf(await app.call('v1_Orders_Cancel', { value: '3s' }))).toBe('OK');
  expect((await app.call('v1_Orders_Wait', { value: '3s' })).structured).toEqual({ value: '3' });
});

it('proto2: required fields are required under either name', { tags: ['grpc-tools'] }, async () => {
  const app = await open();
  const ok = await app.call('old_Orders_Get', { order_number: 'a', id: 1 });
  expect(ok.structured).toEqual({ orderNumber: 'a', id: 1 });
  for (const args of [{ id: 1 }, { orderNumber: 'a' }]) {
    const result = await app.call('old_Orders_Get', args);
    expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'ARGUMENTS_INVALID', outcome: 'NOT_SENT' });
  }
  expect((await app.call('old_Orders_Get', { orderNumber: 'a', id: 1, '[shop.old.note]': 'n' })).structured).toMatchObject({
    '[shop.old.note]': 'n',
  });
});

it('describes tools from comments, with hints from the options', { tags: ['grpc-tools'] }, async () => {
  const app = await open({ services: ['shop.v1.*'] });
  const tools = app.instance.registry.catalogue().tools;
  const of = (name: string) => tools.get(name)?.tool;
  expect([...tools.keys()]).toEqual(['Orders_Get', 'Orders_Place', 'Orders_Old', 'Orders_Cancel', 'Orders_Wait', 'Orders_Watch']);
  expect(of('Orders_Get')).toMatchObject({
    description: 'Finds an order by its number.',
    hints: { readOnly: true, idempotent: true, openWorld: true },
  });
  expect(of('Orders_Place')?.hints).toEqual({ idempotent: true, openWorld: true });
  expect(of('Orders_Old')).toMatchObject({ description: '[deprecated] Sells things.', hints: { openWorld: true }, approval: 'client' });
  expect(of('Orders_Get')?.meta).toEqual({ 'grpc/method': 'shop.v1.Orders/Get' });
  const input = of('Orders_Get')?.input as { properties: Record<string, object>; $defs: Record<string, object> };
  expect(input.properties).toMatchObject({
    id: { type: ['string', 'integer'] },
    state: { description: 'How far it is.\nSTATE_PAID: It is paid.' },
    post: { description: 'at most one of post, courier' },
    nested: { $ref: '#/$defs/shop.v1.Everything.Nested' },
  });
  expect(input.$defs['shop.v1.Everything.Nested']).toMatchObject({ properties: { label: { description: 'What stands on it.' } } });
  expect(app.instance.registry.plugins()[0]?.problems.map(({ subject }) => subject)).toEqual(['shop.v1.Orders/Upload']);
});

it('rules of the operator match the full and the short name', { tags: ['grpc-tools'] }, async () => {
  const app = await open({
    services: ['shop.v1.*'],
    methods: ['!*/Old', '!*/Never'],
    approval: { 'shop.v1.Orders/Place': 'deny', Orders_Cancel: 'deny' },
  });
  const seen = [...app.instance.gateway.view((await import('../../../dist/src/core/contract/caller.js')).localCaller()).tools.keys()];
  expect(seen).toEqual(['Orders_Get', 'Orders_Wait', 'Orders_Watch']);
  expect(app.instance.registry.plugins()[0]?.problems.map(({ subject }) => subject)).toContain('!*/Never');
});
