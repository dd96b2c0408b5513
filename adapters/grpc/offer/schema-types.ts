import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { commentOf } from './comments.ts';

const INT = { type: ['string', 'integer'], pattern: '^-?\\d+$' };
const UINT = { type: ['string', 'integer'], pattern: '^\\d+$', minimum: 0 };
const WORDS = ['NaN', 'Infinity', '-Infinity'];

/** Whether a schema describes arguments or results: JSON may be written in more ways than it is printed. */
export type Direction = 'in' | 'out';

/** The schema of a scalar value. */
export function scalarSchema(type: ScalarType, direction: Direction): JsonObject {
  switch (type) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return { anyOf: [{ type: 'number' }, { type: 'string', enum: [...WORDS] }] };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', minimum: 0, maximum: 4_294_967_295 };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return direction === 'out' ? { type: 'string', pattern: UINT.pattern } : { ...UINT };
    default:
      return direction === 'out' ? { type: 'string', pattern: INT.pattern } : { ...INT };
  }
}

/** The schema of the keys of a map. */
export function keySchema(type: ScalarType): JsonObject {
  switch (type) {
    case ScalarType.STRING:
      return {};
    case ScalarType.BOOL:
      return { propertyNames: { enum: ['true', 'false'] } };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { propertyNames: { pattern: '^\\d+$' } };
    default:
      return { propertyNames: { pattern: '^-?\\d+$' } };
  }
}

/** The schema of an enum: its names. Numbers are accepted, and returned if they have no name. */
export function enumSchema(desc: DescEnum): JsonObject {
  if (desc.typeName === 'google.protobuf.NullValue') return { type: 'null' };
  const meanings = desc.values.flatMap((value) => {
    const text = commentOf(value);
    return text === '' ? [] : [`${value.name}: ${text}`];
  });
  const description = [commentOf(desc), ...meanings].filter((text) => text !== '').join('\n');
  return {
    anyOf: [{ type: 'string', enum: desc.values.map(({ name }) => name) }, { type: 'integer' }],
    ...(description === '' ? {} : { description }),
  };
}

/** The schema of a well-known type with a JSON form of its own; undefined for other messages. */
export function wellKnownSchema({ typeName, fields }: DescMessage, direction: Direction): JsonObject | undefined {
  switch (typeName) {
    case 'google.protobuf.Timestamp':
      return { type: 'string', format: 'date-time' };
    case 'google.protobuf.Duration':
      return { type: 'string', pattern: '^-?\\d+(\\.\\d{1,9})?s$', description: 'seconds, such as "1.5s"' };
    case 'google.protobuf.FieldMask':
      return { type: 'string', description: 'lowerCamelCase paths, separated by commas' };
    case 'google.protobuf.Struct':
      return { type: 'object' };
    case 'google.protobuf.Value':
      return {};
    case 'google.protobuf.ListValue':
      return { type: 'array' };
    case 'google.protobuf.Any':
      return {
        type: 'object',
        properties: { '@type': { type: 'string', description: 'such as "type.googleapis.com/pkg.Message"' } },
        required: ['@type'],
      };
    case 'google.protobuf.Empty':
      return { type: 'object', additionalProperties: false };
    default: {
      const scalar = isWrapper(typeName) ? fields[0]?.scalar : undefined;
      return scalar === undefined ? undefined : { anyOf: [scalarSchema(scalar, direction), { type: 'null' }] };
    }
  }
}

const WRAPPER = /^google\.protobuf\.(Double|Float|U?Int64|U?Int32|Bool|String|Bytes)Value$/;

function isWrapper(typeName: string): boolean {
  return WRAPPER.test(typeName);
}

/** Whether the JSON form of a message is an object. Others are wrapped as `{ "value": … }` at the root. */
export function isObjectForm({ typeName }: DescMessage): boolean {
  return !isWrapper(typeName) && !/^google\.protobuf\.(Timestamp|Duration|FieldMask|Value|ListValue)$/.test(typeName);
}

/** The note that a member of a oneof excludes the others; undefined for other fields. */
export function oneofNote({ oneof }: DescField): string | undefined {
  return oneof && `at most one of ${oneof.fields.map(({ jsonName }) => jsonName).join(', ')}`;
}
