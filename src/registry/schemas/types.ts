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
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'nullable']);

const SIMPLE: readonly JsonObject[] = [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'object' }];

// Lists of lists of anything cannot be expressed without recursion, so the inner lists hold simple values.
const NESTED: readonly JsonObject[] = [{ type: 'null' }, { type: 'array', items: { anyOf: [...SIMPLE, { type: 'null' }] } }];

/** Any value at all, in keywords that every client supports. */
export const ANYTHING: readonly JsonObject[] = [...SIMPLE, { type: 'array', items: { anyOf: [...SIMPLE, ...NESTED] } }, { type: 'null' }];

/** Whether a keyword is an annotation: for readers, without effect on validation. */
export function isSpoken(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/** Whether a keyword has no effect on values of a type. */
export function isForeign(keyword: string, type: string): boolean {
  const of = TYPE_OF.get(keyword);
  return of !== undefined && of !== (type === 'integer' ? 'number' : type);
}

const TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'];

/** The types that a schema without `type` accepts: those of its enum, else all, with those that its keywords concern first. */
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

/** Splits a schema of several types into alternatives of one type each. Annotations stay on the whole. */
export function splitTypes(schema: JsonObject, types: readonly string[]): JsonObject {
  const { type: _, enum: values, const: only, ...rest } = schema;
  const annotations = Object.entries(rest).filter(([keyword]) => ANNOTATIONS.has(keyword));
  const rules = Object.entries(rest).filter(([keyword]) => !ANNOTATIONS.has(keyword));
  const allowed = Array.isArray(values) ? values : 'const' in schema ? [only as JsonValue] : undefined;
  const anyOf = types.flatMap((type) => {
    const fitting = allowed?.filter((value) => fits(value, type));
    if (fitting?.length === 0) return [];
    const own = rules.filter(([keyword]) => !isForeign(keyword, type));
    // An enum of null adds nothing to the type.
    return [{ type, ...Object.fromEntries(own), ...(fitting && type !== 'null' ? { enum: fitting } : {}) }];
  });
  // No allowed value has any of the types, so the schema accepts nothing anyway.
  if (anyOf.length === 0) return { ...Object.fromEntries(annotations), anyOf: types.map((type) => ({ type })) };
  return anyOf.length === 1
    ? { ...(anyOf[0] as JsonObject), ...Object.fromEntries(annotations) }
    : { ...Object.fromEntries(annotations), anyOf };
}

function fits(value: JsonValue, type: string): boolean {
  return typeOf(value) === type || (type === 'integer' && Number.isInteger(toDouble(value)));
}

/** Whether a schema accepts every value. */
export function saysNothing(schema: JsonValue): boolean {
  return schema === true || (isJsonObject(schema) && Object.keys(schema).every(isSpoken));
}
