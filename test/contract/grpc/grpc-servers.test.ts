import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { filesReply, servicesReply, shopFiles, startGrpc, statusError, type TestServerSpec } from '../../support/grpc-server.ts';
import { until } from '../../support/processes.ts';

async function open(spec: TestServerSpec, keys: object = {}, more: object = {}): Promise<TestApp> {
  const { address } = await startGrpc({ reflection: ['v1'], ...spec });
  const app = await openApp([grpc], {
    plugins: { shop: { target: address, ...keys } },
    ...more,
    limits: { restartMinMs: 50, ...(more as { limits?: object }).limits },
  });
  await app.instance.registry.whenListed(20_000);
  return app;
}

const names = (app: TestApp): string[] => [...app.instance.registry.catalogue().tools.keys()];
const plugin = (app: TestApp) => app.instance.registry.plugins()[0];
const repaired = (app: TestApp) => plugin(app)?.facts.repaired;

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}

/** A file with one message and a service `<package>.S` whose method `M` takes it. */
function file(name: string, more: Partial<FileDescriptorProto> = {}, field: Partial<FieldDescriptorProto> = {}): FileDescriptorProto {
  const scope = name.replace('.proto', '').replaceAll('/', '.');
  return create(FileDescriptorProtoSchema, {
    name,
    package: scope,
    syntax: 'proto3',
    messageType: [message('Req', [{ name: 'one', number: 1, type: FieldDescriptorProto_Type.STRING, ...field }])],
    service: [
      create(ServiceDescriptorProtoSchema, {
        name: 'S',
        method: [create(MethodDescriptorProtoSchema, { name: 'M', inputType: `.${scope}.Req`, outputType: `.${scope}.Req` })],
      }),
    ],
    ...(more as object),
  });
}

function message(name: string, fields: readonly Partial<FieldDescriptorProto>[], nestedType: DescriptorProto[] = []): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name,
    nestedType,
    field: fields.map((field) => create(FieldDescriptorProtoSchema, { label: FieldDescriptorProto_Label.OPTIONAL, ...(field as object) })),
  });
}

describe('descriptors by reflection', () => {
  it('come from v1alpha if v1 is missing', { tags: ['grpc-tools'] }, async () => {
    const app = await open({ reflection: ['v1alpha'], files: [file('a.proto')] });
    expect(names(app)).toEqual(['S_M']);
    expect(plugin(app)?.facts.descriptors).toBe('reflection v1alpha');
  });

  it('are sorted, and each file is asked for once', { tags: ['grpc-tools'] }, async () => {
    const app = await open({
      files: shopFiles()
        .filter(({ name }) => !name.startsWith('google/'))
        .reverse(),
    });
    expect(names(app)).toContain('v1_Orders_Get');
    expect(plugin(app)?.problems.map(({ subject }) => subject)).toEqual(['shop.v1.Orders/Upload']);
  });

  it('with relative names, odd map entries and no JSON names are repaired', { tags: ['grpc-tools'] }, async () => {
    const entry = message('Counts', [
      { name: 'key', number: 1, type: FieldDescriptorProto_Type.STRING },
      { name: 'value', number: 2, type: FieldDescriptorProto_Type.INT64 },
    ]);
    entry.name = 'CountsEntry';
    entry.options = create(MessageOptionsSchema, { mapEntry: true });
    const odd = file('a/b.proto');
    odd.messageType = [
      message(
        'Req',
        [
          {
            name: 'long_counts',
            number: 1,
            type: FieldDescriptorProto_Type.MESSAGE,
            typeName: 'Counts',
            label: FieldDescriptorProto_Label.REPEATED,
          },
          { name: 'inner', number: 2, type: FieldDescriptorProto_Type.MESSAGE, typeName: 'Inner' },
        ],
        [entry, message('Inner', [])],
      ),
    ];
    first(first(odd.service).method).inputType = 'Req';
    first(first(odd.service).method).outputType = 'Req';
    const app = await open({ files: [odd], unary: { 'a.b.S/M': ({ request }, done) => done(null, request) } });
    expect(repaired(app)).toEqual(['4 relative type names resolved', '4 missing JSON names filled']);
    expect((await app.call('S_M', { longCounts: { x: '5' }, inner: {} })).structured).toEqual({ longCounts: { x: '5' }, inner: {} });
  });

  it('without a file leave out only the services that need it, by name', { tags: ['grpc-tools'] }, async () => {
    const needs = file(
      'a.proto',
      { dependency: ['protobuf-net/bcl.proto'] },
      { type: FieldDescriptorProto_Type.MESSAGE, typeName: '.bcl.Guid' },
    );
    const spare = file('b.proto', { dependency: ['gogoproto/gogo.proto'] });
    const app = await open({ files: [needs, spare] });
    expect(names(app)).toEqual(['S_M']);
    expect(plugin(app)?.problems).toMatchObject([
      { subject: 'a.S', message: 'The service is not served: the server does not have protobuf-net/bcl.proto, which a.proto imports.' },
    ]);
    expect(repaired(app)).toContain('b.proto used without gogoproto/gogo.proto');
  });

  it('leave out the infrastructure unless a glob names it', { tags: ['grpc-tools'] }, async () => {
    const health = file('grpc/health/v1.proto');
    first(health.service).name = 'Health';
    const files = [file('a.proto'), health];
    expect(names(await open({ files }))).toEqual(['S_M']);
    expect(names(await open({ files }, { services: ['grpc.health.*', 'a.*'] }))).toEqual(['S_M', 'Health_M']);
  });

  it('with equal services in two packages get parts of the package', { tags: ['grpc-tools'] }, async () => {
    expect(names(await open({ files: [file('shop/v1.proto'), file('shop/v2.proto'), file('other.proto')] }))).toEqual([
      'other_S_M',
      'v1_S_M',
      'v2_S_M',
    ]);
  });

  it('are read again after a method is gone', { tags: ['grpc-down'] }, async () => {
    const files = [file('a.proto'), file('b.proto')];
    const app = await open({ files, reflection: ['v1'] });
    expect(names(app)).toHaveLength(2);
    files.pop();
    const result = await app.call('a_S_M', { one: 'x' });
    expect(textOf(result)).toMatch(/^UNIMPLEMENTED: /);
    await until('the tool is gone', () => names(app).length === 1);
  });
});

describe('a hostile server', () => {
  const failing = async (spec: TestServerSpec, keys: object = {}): Promise<string> => {
    const app = await open(spec, keys);
    expect(names(app)).toEqual([]);
    return (
      plugin(app)?.error?.message ??
      plugin(app)
        ?.problems.map(({ message: text }) => text)
        .join() ??
      ''
    );
  };
  const bytesOf = (one: FileDescriptorProto): Uint8Array => toBinary(FileDescriptorProtoSchema, one);

  it('cannot send endless imports', { tags: ['grpc-tools'], timeout: 60_000 }, async () => {
    let count = 0;
    const reflect: TestServerSpec['reflect'] = (field) => {
      if (field === 7) return servicesReply(['x0.S']);
      const name = `x${count++}`;
      return filesReply([bytesOf(file(`${name}.proto`, { dependency: [`x${count}.proto`] }))]);
    };
    expect(await failing({ reflect })).toContain('over 1,024 files');
  });

  it('cannot send too large files', { tags: ['grpc-tools'] }, async () => {
    const large = file('a.proto');
    first(large.messageType).name = 'R'.repeat(1024 * 1024);
    expect(await failing({ files: [large] })).toContain('over the limit of 1 MiB');
  });

  it('cannot nest types deeper than the stack', { tags: ['grpc-tools'] }, async () => {
    let nested: Uint8Array = new Uint8Array();
    for (let level = 0; level < 20_000; level++) nested = new BinaryWriter().tag(3, WireType.LengthDelimited).bytes(nested).finish();
    const bytes = Buffer.concat([bytesOf(file('a.proto')), new BinaryWriter().tag(4, WireType.LengthDelimited).bytes(nested).finish()]);
    expect(await failing({ files: [file('a.proto')], reflect: (field) => (field === 4 ? filesReply([bytes]) : undefined) })).toContain(
      'recursion depth',
    );
  });

  it('cannot import in circles, or use names that are no names', { tags: ['grpc-tools'] }, async () => {
    const type = FieldDescriptorProto_Type.MESSAGE;
    const circle = [
      file('a.proto', { dependency: ['b.proto'] }, { type, typeName: '.b.Req' }),
      file('b.proto', { dependency: ['a.proto'] }, { type, typeName: '.a.Req' }),
    ];
    expect(await failing({ files: circle })).toContain('which imports it in turn');
    const odd = file('a.proto');
    first(first(odd.messageType).field).name = '__proto__ of "x"\u202e';
    expect(await failing({ files: [odd] })).toMatch(/^The service is not served: a\.proto: invalid field name/);
  });

  it('cannot stay silent, talk unasked, or end early', { tags: ['grpc-tools'] }, async () => {
    expect(await failing({ reflect: () => 'nothing' }, { limits: { startTimeoutMs: 300 } })).toContain('in time');
    const early: TestServerSpec['reflect'] = (_, __, call) => {
      call.end();
      return 'nothing';
    };
    expect(await failing({ reflect: early })).toContain('ended the reflection stream early');
    expect(await failing({ reflect: () => Buffer.from('ffffff', 'hex') })).toContain('cannot be read');
    const chatty: TestServerSpec['reflect'] = (field, _, call) => {
      for (let i = 0; i < 50; i++) call.write(Buffer.from(servicesReply(['a.S'])));
      return field === 7 ? servicesReply(['a.S']) : undefined;
    };
    expect(await failing({ files: [file('a.proto')], reflect: chatty })).not.toBe('');
  });

  it('cannot make a schema of any length', { tags: ['grpc-tools'] }, async () => {
    const wide = file('a.proto');
    const many = (type: string) =>
      Array.from({ length: 60 }, (_, i) => ({
        name: `field_${i}`,
        number: i + 1,
        type: FieldDescriptorProto_Type.MESSAGE,
        typeName: type,
      }));
    wide.messageType = [
      message('Req', many('.a.M0')),
      ...Array.from({ length: 60 }, (_, level) => message(`M${level}`, many(`.a.M${Math.min(level + 1, 59)}`))),
    ];
    const app = await open({ files: [wide] });
    const { tool } = app.instance.registry.catalogue().tools.get('S_M') ?? {};
    expect(JSON.stringify(tool?.input).length).toBeLessThan(80 * 1024);
    expect(plugin(app)?.problems).toMatchObject([{ subject: 'a.S/M', message: expect.stringContaining('too long') }]);
  });
});

describe('calls', () => {
  const files = [file('a.proto')];
  const callOf = async (unary: NonNullable<TestServerSpec['unary']>['x'], more: object = {}) => {
    const app = await open({ files, unary: { 'a.S/M': unary } }, {}, more);
    return app.call('S_M', { one: 'x' });
  };

  it.each([
    [3, 'INVALID_ARGUMENT: why'],
    [5, 'NOT_FOUND: why'],
    [6, 'ALREADY_EXISTS: why'],
    [9, 'FAILED_PRECONDITION: why'],
    [10, 'ABORTED: why'],
    [11, 'OUT_OF_RANGE: why'],
    [2, 'UNKNOWN: why'],
    [13, 'INTERNAL: why'],
    [15, 'DATA_LOSS: why'],
    [1, 'CANCELLED: why'],
    [8, 'RESOURCE_EXHAUSTED: why'],
    [12, 'UNIMPLEMENTED: why'],
  ])('that end with code %i are failures that a model can read', { tags: ['grpc-tools'] }, async (code, text) => {
    const result = await callOf((_, done) => done({ code, details: 'why' }));
    expect([result.isError, textOf(result)]).toEqual([true, text]);
    expect(result.meta).toMatchObject({ 'grpc/status': { code, method: 'a.S/M' } });
  });

  it('that the server refuses, ends late or cannot take name the cause', { tags: ['grpc-tools'] }, async () => {
    for (const code of [7, 16]) expect(textOf(await callOf((_, done) => done({ code, details: 'no' })))).toContain('check "metadata"');
    const late = await callOf((_, done) => done({ code: 4, details: 'upstream' }));
    expect(late.meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
    const away = await callOf((_, done) => done({ code: 14, details: 'maintenance' }));
    expect(away.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_UNAVAILABLE', outcome: 'SENT_NO_REPLY' });
    expect(textOf(away)).toContain('maintenance');
  });

  it('show the details of google.rpc', { tags: ['grpc-tools'] }, async () => {
    const text = (no: number, value: string) => new BinaryWriter().tag(no, WireType.LengthDelimited).string(value);
    const nested = (no: number, inner: BinaryWriter) => new BinaryWriter().tag(no, WireType.LengthDelimited).bytes(inner.finish()).finish();
    const pair = (first: number, a: string, second: number, b: string) => text(first, a).tag(second, WireType.LengthDelimited).string(b);
    const error = statusError(8, 'slow down', [
      ['google.rpc.BadRequest', nested(1, pair(1, 'order.id', 2, 'is too long'))],
      ['google.rpc.ErrorInfo', pair(1, 'QUOTA', 2, 'shop.example').finish()],
      ['google.rpc.RetryInfo', nested(1, new BinaryWriter().tag(1, WireType.Varint).int64(2))],
      ['google.rpc.QuotaFailure', nested(1, pair(1, 'orders', 2, '5 a minute'))],
      ['google.rpc.ResourceInfo', pair(1, 'order', 2, '7').finish()],
      ['google.rpc.Help', nested(1, pair(1, 'limits', 2, 'https://shop.example/limits'))],
      ['google.rpc.LocalizedMessage', pair(1, 'de', 2, 'Zu schnell').finish()],
      ['google.rpc.PreconditionFailure', nested(1, pair(1, 'TOS', 3, 'not accepted'))],
      ['shop.v1.Own', Buffer.alloc(3)],
    ]);
    const result = await callOf((_, done) => done(error));
    expect(textOf(result).split('\n')).toEqual([
      'RESOURCE_EXHAUSTED: slow down',
      'order.id: is too long',
      'reason: QUOTA (shop.example)',
      'retry after 2s',
      'quota orders: 5 a minute',
      'resource: order, 7',
      'help: limits: https://shop.example/limits',
      'Zu schnell',
      'TOS : not accepted',
      '(details of type shop.v1.Own)',
    ]);
    expect(result.meta).toMatchObject({ 'grpc/status': { retryAfterMs: 2000 } });
    const broken = await callOf((_, done) => done(statusError(3, 'no', [['google.rpc.BadRequest', Buffer.from('0aff', 'hex')]])));
    expect(textOf(broken)).toBe('INVALID_ARGUMENT: no\nThe server attached details that cannot be read.');
  });

  it('with an invalid, too large or unknown response are failures of the result', { tags: ['grpc-tools'] }, async () => {
    const invalid = await callOf((_, done) => done(null, Buffer.from('0aff', 'hex')));
    expect(invalid.meta?.['plugmux/error']).toMatchObject({ code: 'RESULT_INVALID', outcome: 'REPLIED_INVALID' });
    const large = await callOf((_, done) => done(null, Buffer.alloc(200_000, 10)), { limits: { resultBytes: 100_000 } });
    expect(large.meta?.['plugmux/error']).toMatchObject({ code: 'RESULT_TOO_LARGE' });
  });

  it('with millions of small values in few bytes are too large, and an unknown Any is shown', { tags: ['grpc-tools'] }, async () => {
    const type = FieldDescriptorProto_Type.MESSAGE;
    const list = file('a.proto', {}, { type, typeName: '.a.Req', label: FieldDescriptorProto_Label.REPEATED });
    const many = Buffer.alloc(2_000_000);
    for (let at = 0; at < many.length; at += 2) many[at] = 10;
    const app = await open({ files: [list], unary: { 'a.S/M': (_, done) => done(null, many) } });
    expect((await app.call('S_M')).meta?.['plugmux/error']).toMatchObject({ code: 'RESULT_TOO_LARGE' });
    const any = file('a.proto', { dependency: ['google/protobuf/any.proto'] }, { type, typeName: '.google.protobuf.Any' });
    const inner = new BinaryWriter().tag(1, WireType.LengthDelimited).string('type.googleapis.com/no.Such').finish();
    const reply = Buffer.from(new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(inner).finish());
    const unknown = await open({ files: [any], unary: { 'a.S/M': (_, done) => done(null, reply) } });
    const result = await unknown.call('S_M');
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/no\.Such/);
    expect(textOf(result)).toContain(reply.toString('base64'));
  });

  it('send metadata, the deadline and nothing of the caller', { tags: ['grpc-tools'] }, async () => {
    const seen: object[] = [];
    const unary: TestServerSpec['unary'] = {
      'a.S/M': ({ metadata, request }, done) => {
        seen.push(metadata.getMap());
        done(null, request);
      },
    };
    const app = await open(
      { files, unary },
      { metadata: { Authorization: 'Bearer very-secret', 'x-raw-bin': 'AAE=' }, limits: { callTimeoutMs: 5000 } },
    );
    await app.call('S_M', { one: 'x' });
    expect(seen).toMatchObject([
      { authorization: 'Bearer very-secret', 'x-raw-bin': Buffer.from([0, 1]), 'user-agent': expect.stringMatching(/^plugmux /) },
    ]);
    expect(Object.keys(seen[0] ?? {})).toEqual(expect.not.arrayContaining(['traceparent', 'mcp-session-id']));
  });

  it('of a stream stop at a bound, and keep what came before a failure', { tags: ['grpc-tools'] }, async () => {
    const streaming = file('a.proto');
    first(first(streaming.service).method).serverStreaming = true;
    const item = Buffer.from([10, 1, 97]);
    const streamOf = async (count: number, error?: object, more: object = {}) => {
      let cancelled = false;
      const app = await open(
        {
          files: [streaming],
          streams: {
            'a.S/M': (call) => {
              call.on('cancelled', () => {
                cancelled = true;
              });
              for (let i = 0; i < count; i++) call.write(item);
              if (error) call.emit('error', error);
              else if (count < 1500) call.end();
            },
          },
        },
        {},
        more,
      );
      return { result: await app.call('S_M', { one: 'x' }), cancelled: () => cancelled };
    };
    const endless = await streamOf(1500);
    expect((endless.result.structured as { messages: unknown[] }).messages).toHaveLength(1000);
    expect(endless.result.content.at(-1)).toMatchObject({ text: expect.stringContaining('stopped after 1000 messages') });
    await until('the server is told', endless.cancelled);
    const cut = await streamOf(2, { code: 13, details: 'broke' });
    expect(cut.result).toMatchObject({ isError: true, structured: { messages: [{ one: 'a' }, { one: 'a' }] } });
    expect(textOf(cut.result)).toBe('INTERNAL: broke');
  });

  it('that are cancelled or time out are cancelled at the server', { tags: ['grpc-tools'] }, async () => {
    let cancelled = 0;
    const unary: TestServerSpec['unary'] = { 'a.S/M': (call) => void call.on('cancelled', () => cancelled++) };
    const app = await open({ files, unary }, { limits: { callTimeoutMs: 300 } });
    const result = await app.call('S_M', { one: 'x' });
    expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'CALL_TIMEOUT' });
    await until('the server is told', () => cancelled === 1);
    const call = app.newCall();
    const pending = app.call('S_M', { one: 'x' }, call);
    await new Promise((resolve) => setTimeout(resolve, 50));
    call.abort(new Error('gone'));
    await pending;
    await until('the server is told again', () => cancelled === 2);
  });

  it('return images as images', { tags: ['grpc-tools'] }, async () => {
    const image = Buffer.concat([Buffer.from('iVBORw0KGgo', 'base64'), Buffer.alloc(200)]);
    const picture = file('a.proto', {}, { type: FieldDescriptorProto_Type.BYTES });
    const reply = Buffer.from(new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(image).finish());
    const app = await open({ files: [picture], unary: { 'a.S/M': (_, done) => done(null, reply) } });
    const result = await app.call('S_M');
    expect(result.content).toEqual([
      { type: 'text', text: '{"one":"(image 1)"}' },
      { type: 'image', data: image.toString('base64'), mimeType: 'image/png' },
    ]);
    expect(result.structured).toEqual({ one: image.toString('base64') });
  });
});
