import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

const TYPES = new Set<JsonValue>(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

type Shape = readonly [what: string, fits: (value: JsonValue) => boolean];

const NUMBER: Shape = ['a number', (value) => typeof toDouble(value) === 'number'];
const COUNT: Shape = ['a whole number from 0', (value) => Number.isInteger(toDouble(value)) && (toDouble(value) as number) >= 0];
const TEXT: Shape = ['a text', (value) => typeof value === 'string'];
const OBJECT: Shape = ['an object', isJsonObject];
const SCHEMAS: Shape = ['a list of schemas', (value) => Array.isArray(value) && value.length > 0];

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['type', [`one of ${[...TYPES].join(', ')}`, isType]],
  ['enum', ['a list', Array.isArray]],
  ['required', ['a list of names', areNames]],
  ['pattern', TEXT],
  ['$ref', TEXT],
  ['uniqueItems', ['true or false', (value) => typeof value === 'boolean']],
  ['multipleOf', ['a number above 0', (value) => typeof toDouble(value) === 'number' && Number(toDouble(value)) > 0]],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((key) => [key, NUMBER] as const),
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains'].map(
    (key) => [key, COUNT] as const,
  ),
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions'].map((key) => [key, OBJECT] as const),
  ['dependentRequired', ['lists of names', (value) => isJsonObject(value) && Object.values(value).every(areNames)]],
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((key) => [key, SCHEMAS] as const),
]);

/** Describes why a keyword's value is invalid; undefined if it is valid. */
export function shapeFault(keyword: string, value: JsonValue): string | undefined {
  const shape = SHAPES.get(keyword);
  return shape === undefined || shape[1](value) ? undefined : `is not ${shape[0]}`;
}

function isType(value: JsonValue): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every((one) => TYPES.has(one)) : TYPES.has(value);
}

function areNames(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** Whether a value is an object or a boolean, as a schema must be. */
export function isSchema(value: JsonValue | undefined): value is JsonObject | boolean {
  return typeof value === 'boolean' || isJsonObject(value);
}
