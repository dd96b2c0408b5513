import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'contentEncoding', 'contentMediaType', 'contentSchema'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: [
    'items',
    'prefixItems',
    'additionalItems',
    'unevaluatedItems',
    'contains',
    'minContains',
    'maxContains',
    'minItems',
    'maxItems',
    'uniqueItems',
  ],
  object: [
    'properties',
    'required',
    'additionalProperties',
    'unevaluatedProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'dependentRequired',
    'dependentSchemas',
    'dependencies',
  ],
};
const TYPE_OF = new Map(Object.entries(OF_TYPE).flatMap(([type, keywords]) => keywords.map((keyword) => [keyword, type] as const)));
const SPOKEN = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'nullable']);

const SIMPLE: readonly JsonObject[] = [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'object' }];

// No form has a word for lists of lists of anything; of simple values there may be such.
const NESTED: readonly JsonObject[] = [{ type: 'null' }, { type: 'array', items: { anyOf: [...SIMPLE, { type: 'null' }] } }];

/** Any value at all, in words that every client knows. */
export const ANYTHING: readonly JsonObject[] = [...SIMPLE, { type: 'array', items: { anyOf: [...SIMPLE, ...NESTED] } }, { type: 'null' }];

/** Whether a keyword says something to the reader, and nothing of the value. */
export function isSpoken(keyword: string): boolean {
  return SPOKEN.has(keyword);
}

/** Whether a keyword means nothing for values of a type. */
export function isForeign(keyword: string, type: string): boolean {
  const of = TYPE_OF.get(keyword);
  return of !== undefined && of !== (type === 'integer' ? 'number' : type);
}

const TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'];

/** The types that a schema without one takes: those of its values, else all, first those that its keywords speak of. */
export function impliedTypes(schema: JsonObject): string[] {
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const as JsonValue] : undefined;
  if (values) return typesOf(values);
  const types = new Set(Object.keys(schema).flatMap((keyword) => TYPE_OF.get(keyword) ?? []));
  if (types.size === 0 && !('format' in schema)) return [];
  return [...new Set([...types, ...TYPES])];
}

/** The type of a value. */
export function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof toDouble(value);
}

function typesOf(values: readonly JsonValue[]): string[] {
  const types = [...new Set(values.map(typeOf))];
  return types.includes('number') && values.map(toDouble).every((v) => typeof v !== 'number' || Number.isInteger(v))
    ? types.map((type) => (type === 'number' ? 'integer' : type))
    : types;
}

/** A schema of several types as a choice of schemas of one type each. What is told to the reader stays with the whole. */
export function splitTypes(schema: JsonObject, types: readonly string[]): JsonObject {
  const { type: _, enum: values, const: only, ...rest } = schema;
  const spoken = Object.entries(rest).filter(([keyword]) => SPOKEN.has(keyword));
  const rules = Object.entries(rest).filter(([keyword]) => !SPOKEN.has(keyword));
  const allowed = Array.isArray(values) ? values : 'const' in schema ? [only as JsonValue] : undefined;
  const anyOf = types.flatMap((type) => {
    const fitting = allowed?.filter((value) => fits(value, type));
    if (fitting?.length === 0) return [];
    const own = rules.filter(([keyword]) => !isForeign(keyword, type));
    // Of a null there is nothing more to say.
    return [{ type, ...Object.fromEntries(own), ...(fitting && type !== 'null' ? { enum: fitting } : {}) }];
  });
  // No value has one of the types: what is told then does not matter.
  if (anyOf.length === 0) return { ...Object.fromEntries(spoken), anyOf: types.map((type) => ({ type })) };
  return anyOf.length === 1 ? { ...(anyOf[0] as JsonObject), ...Object.fromEntries(spoken) } : { ...Object.fromEntries(spoken), anyOf };
}

function fits(value: JsonValue, type: string): boolean {
  return typeOf(value) === type || (type === 'integer' && Number.isInteger(toDouble(value)));
}

/** Whether a schema says nothing of its value. */
export function saysNothing(schema: JsonValue): boolean {
  return schema === true || (isJsonObject(schema) && Object.keys(schema).every(isSpoken));
}
