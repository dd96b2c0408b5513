import { create } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { isJsonObject } from '../../../dist/src/core/json/json.js';
import { textOf } from '../../support/app.ts';
import { startGrpc, type TestServerSpec } from '../../support/grpc-server.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { testAdapter } from '../adapter.ts';

type Unary = NonNullable<TestServerSpec['unary']>[string];

/** A service without a package, whose methods take `message` and `ms` and return a text. */
function describeService(name: string, methods: readonly string[]): FileDescriptorProto {
  const field = (key: string, number: number, type: FieldDescriptorProto_Type) =>
    create(FieldDescriptorProtoSchema, { name: key, jsonName: key, number, type, label: FieldDescriptorProto_Label.OPTIONAL });
  return create(FileDescriptorProtoSchema, {
    name: `${name}.proto`,
    syntax: 'proto3',
    dependency: ['google/protobuf/wrappers.proto'],
    messageType: [
      create(DescriptorProtoSchema, {
        name: `${name}_request`,
        field: [field('message', 1, FieldDescriptorProto_Type.STRING), field('ms', 2, FieldDescriptorProto_Type.INT32)],
      }),
    ],
    service: [
      create(ServiceDescriptorProtoSchema, {
        name,
        method: methods.map((method) =>
          create(MethodDescriptorProtoSchema, { name: method, inputType: `.${name}_request`, outputType: '.google.protobuf.StringValue' }),
        ),
      }),
    ],
  });
}

function read(request: Buffer): { message: string; ms: number } {
  const values = { message: '', ms: 0 };
  const reader = new BinaryReader(request);
  while (reader.pos < reader.len) {
    const [no] = reader.tag();
    if (no === 1) values.message = reader.string();
    else values.ms = reader.int32();
  }
  return values;
}

const reply = (text: string): Buffer => Buffer.from(new BinaryWriter().tag(1, WireType.LengthDelimited).string(text).finish());

let cancelled = 0;
const METHODS: Readonly<Record<string, Readonly<Record<string, Unary>>>> = {
  echo: { echo: ({ request }, done) => done(null, reply(read(request).message)) },
  typed: { describe: (_, done) => done(null, reply('')) },
  many: Object.fromEntries(Array.from({ length: 50 }, (_, i): [string, Unary] => [`tool_${i}`, (__, done) => done(null, reply(''))])),
  slow: {
    wait: (call, done) => {
      const timer = setTimeout(() => done(null, reply('waited')), read(call.request).ms);
      call.on('cancelled', () => {
        clearTimeout(timer);
        cancelled++;
      });
    },
    // How many calls were cancelled since it was asked last.
    cancelled: (_, done) => {
      done(null, reply(String(cancelled)));
      cancelled = 0;
    },
  },
  fails: {
    throws: (_, done) => done({ code: 13, details: 'it went wrong' }),
    nothing: (_, done) => done(null, Buffer.alloc(0)),
    huge: (_, done) => done(null, reply('x'.repeat(9 * 1024 * 1024))),
  },
  broken: { never: (_, done) => done(null, reply('')) },
  rude: { shout: (_, done) => done(null, reply('quiet')) },
};

const atEnd = endsAfterAll();
const addresses = new Map<string, string>();
for (const [name, methods] of Object.entries(METHODS)) {
  const reflect: TestServerSpec['reflect'] = (_, __, call) => {
    call.emit('error', { code: 13, details: 'broken on purpose' });
    return 'nothing';
  };
  const { address } = await startGrpc(
    {
      reflection: ['v1'],
      files: [describeService(name, Object.keys(methods))],
      unary: Object.fromEntries(Object.entries(methods).map(([method, handler]) => [`${name}/${method}`, handler])),
      ...(name === 'broken' ? { reflect } : {}),
    },
    atEnd,
  );
  addresses.set(name, address);
}

testAdapter({
  adapter: grpc,
  fixtures: tempFolder(atEnd),
  toolName: (fixture, tool) => `${fixture === 'parrot' ? 'echo' : fixture}_${tool}`,
  // The text of a result is its JSON, in which a wrapped text is a member.
  text: (result) =>
    isJsonObject(result.structured) && typeof result.structured.value === 'string' ? result.structured.value : textOf(result),
  config: (entries) => ({
    plugins: Object.fromEntries(
      Object.entries(entries).map(([id, { fixture, keys }]) => [id, { target: addresses.get(fixture), ...keys }]),
    ),
  }),
  skip: [
    {
      reason: 'the schema is that of a descriptor: grpc-values.test.ts',
      tests: [
        'the schema reaches the catalogue unchanged',
        'arguments are checked before the plugin sees them',
        'a string with the JSON of an argument is parsed',
        'structured results are returned as data and as text',
        'values that are not JSON are converted',
      ],
    },
    {
      reason: 'HTTP/2 carries no status text of megabytes',
      tests: ['a thrown text of several megabytes is truncated and fails only its call'],
    },
    {
      reason: 'the server is not a process of the gateway; grpc-go.test.ts restarts one',
      tests: [
        'a crash is one failed call, then the plugin works again',
        'a blocked process is killed at the deadline and starts again',
        'a blocked process is also killed after its caller disconnected',
        'noise on stdout is logged and does not affect calls',
        'closing leaves no process, even of a plugin that ignores signals',
        'the environment contains the configured variables and none of the gateway',
      ],
    },
  ],
});
