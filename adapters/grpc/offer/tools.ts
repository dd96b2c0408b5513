import type { DescMethod } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Hints, Tool } from '../../../src/core/contract/tool.ts';
import { showName } from '../../../src/core/text/text.ts';
import { createCodec, isEmpty } from '../calls/codec.ts';
import { type Caller, callStream, callUnary } from '../calls/run.ts';
import type { ServerTypes } from '../descriptors/build.ts';
import { commentOf } from './comments.ts';
import { serviceNames } from './names.ts';
import { createSchemas } from './schema.ts';
import type { Selection } from './select.ts';

/** Characters of all schemas of a server; the lists of an upstream MCP server have the same limit. */
const MAX_SCHEMA_LENGTH = 32 * 1024 * 1024;
/** No published API has more; the catalogue takes fewer from one plugin. */
const MAX_METHODS = 10_000;
/** Longest own name of a tool that the catalogue takes by default. */
const MAX_NAME_LENGTH = 128;
/** `google.api.http`, and its member for GET. */
const HTTP = 72_295_728;
const HTTP_GET = 2;

/** The tools of a server, and what it has that is not served. */
export interface ToolSet {
  readonly tools: readonly Tool[];
  readonly problems: readonly Problem[];
  /** The comments of its services. */
  readonly instructions: string;
}

/** Makes a tool of every selected method. */
export function toTools(types: ServerTypes, selection: Selection, caller: Caller, zeros: boolean): ToolSet {
  const problems: Problem[] = [];
  const tools: Tool[] = [];
  const schemas = createSchemas(MAX_SCHEMA_LENGTH);
  // Servers list their services in any order.
  const services = types.services
    .filter(({ typeName }) => selection.hasService(typeName))
    .sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
  const names = serviceNames(services.map(({ typeName }) => typeName));
  const shorts = new Set<string>();
  for (const service of services) {
    for (const desc of service.methods) {
      const path = `${service.typeName}/${desc.name}`;
      if (!selection.hasMethod(path)) continue;
      if (desc.methodKind === 'client_streaming' || desc.methodKind === 'bidi_streaming') {
        problems.push({
          subject: showName(path),
          message: 'The method takes a stream of messages, which a tool call cannot send; it is not served.',
        });
        continue;
      }
      if (tools.length === MAX_METHODS) {
        problems.push({
          message: `The server has over ${MAX_METHODS} methods; the others are not served.`,
          fix: 'Select some with "services" or "methods".',
        });
        return { tools, problems, instructions: '' };
      }
      const short = `${names.get(service.typeName)}_${desc.name}`;
      const name = shorts.has(short) ? path.replace(/[./]/g, '_') : short;
      shorts.add(name);
      tools.push(toTool(desc, name, path, { types, schemas, caller, zeros, problems }));
    }
  }
  return {
    tools,
    problems,
    instructions: services
      .map(commentOf)
      .filter((text) => text !== '')
      .join('\n\n'),
  };
}

interface ToolParts {
  readonly types: ServerTypes;
  readonly schemas: ReturnType<typeof createSchemas>;
  readonly caller: Caller;
  readonly zeros: boolean;
  readonly problems: Problem[];
}

function toTool(desc: DescMethod, name: string, path: string, { types, schemas, caller, zeros, problems }: ToolParts): Tool {
  const input = schemas(desc.input, 'in');
  const output = schemas(desc.output, 'out');
  if (input.isCut)
    problems.push({
      subject: showName(path),
      message: 'Its input schema is too long; deeper parts are described as "object". The server checks them.',
    });
  const isStream = desc.methodKind === 'server_streaming';
  const method = { desc, path, codec: createCodec(desc, types.registry, zeros) };
  const call = isStream ? callStream : callUnary;
  return {
    // Rules of the operator match both; clients see the short one.
    name: path.length <= MAX_NAME_LENGTH ? path : name,
    native: name,
    description: describe(desc, path),
    input: input.schema,
    ...(isStream ? { output: streamSchema(output.schema) } : isEmpty(desc.output) ? {} : { output: output.schema }),
    // The library writes results by the same descriptors.
    checksOutput: false,
    hints: hintsOf(desc),
    approval: 'client',
    labels: [desc.parent.typeName],
    meta: { 'grpc/method': path },
    exactNumbers: true,
    resultsAsGiven: true,
    call: (args, ctx) => call(method, args, ctx, caller),
  };
}

// References of a schema start at its root, where the definitions stay.
function streamSchema({ $defs, ...message }: Tool['input']): Tool['input'] {
  const items = { type: 'object', properties: { messages: { type: 'array', items: message } }, required: ['messages'] };
  return $defs === undefined ? items : { ...items, $defs };
}

function describe(desc: DescMethod, path: string): string {
  const text = commentOf(desc) || commentOf(desc.parent) || path;
  return desc.proto.options?.deprecated ? `[deprecated] ${text}` : text;
}

function hintsOf(desc: DescMethod): Hints {
  const isRead = desc.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  const isIdempotent = isRead || desc.idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENT;
  return {
    openWorld: true,
    ...(isRead || isGet(desc) ? { readOnly: true } : {}),
    ...(isIdempotent ? { idempotent: true } : {}),
  };
}

// A custom option, which the library keeps as an unknown field.
function isGet({ proto }: DescMethod): boolean {
  const rule = proto.options?.$unknown?.find(({ no, wireType }) => no === HTTP && wireType === WireType.LengthDelimited);
  if (!rule) return false;
  try {
    const reader = new BinaryReader(new BinaryReader(rule.data).bytes());
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      if (no === HTTP_GET) return true;
      reader.skip(wire, no);
    }
  } catch {
    return false;
  }
  return false;
}
