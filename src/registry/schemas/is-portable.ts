import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { isForeign } from './types.ts';

/** Argument keys that every LLM client accepts. */
export const SAFE_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

type Check = (value: JsonValue, schema: JsonObject) => boolean;

const always: Check = () => true;
const isNonEmptyText: Check = (value) => value !== '';
const isSmall: Check = (value) => Math.abs(Number(value)) < Number.MAX_SAFE_INTEGER;
const isNonEmptyList: Check = (value) => Array.isArray(value) && value.length > 0;

/** The keywords of the portable form, each with a check of its value. */
const KEYWORDS: ReadonlyMap<string, Check> = new Map([
  ['type', always],
  ['title', isNonEmptyText],
  ['description', isNonEmptyText],
  ['default', always],
  ['examples', always],
  ['deprecated', always],
  ['readOnly', always],
  ['writeOnly', always],
  ['nullable', always],
  ['x-mcp-header', always],
  ['const', always],
  ['enum', isNonEmptyList],
  ['format', always],
  ['pattern', always],
  ['minLength', always],
  ['maxLength', always],
  ['minimum', isSmall],
  ['maximum', isSmall],
  ['exclusiveMinimum', isSmall],
  ['exclusiveMaximum', isSmall],
  ['multipleOf', always],
  ['minItems', always],
  ['maxItems', always],
  ['uniqueItems', always],
  ['minProperties', always],
  ['maxProperties', always],
  ['items', isPlain],
  ['properties', arePlain],
  ['required', areKnown],
  ['additionalProperties', (value) => typeof value === 'boolean' || isPlain(value)],
]);

/** Whether a schema is already in the portable form. Most are, and need no conversion. */
export function isPortable(schema: JsonObject): boolean {
  const { type, properties } = schema;
  if (type !== 'object' || !isJsonObject(properties) || schema.enum !== undefined || schema.const !== undefined) return false;
  for (const key in properties) if (!SAFE_KEY.test(key)) return false;
  return isPlain(schema);
}

/** Whether a schema below the root is already in the portable form. */
export function isPlain(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false;
  const { type } = schema;
  if (typeof type !== 'string' || (type === 'array' && schema.items === undefined)) return false;
  for (const key in schema) {
    const check = KEYWORDS.get(key);
    if (check === undefined || !check(schema[key] as JsonValue, schema) || isForeign(key, type)) return false;
  }
  return true;
}

function arePlain(properties: JsonValue): boolean {
  if (!isJsonObject(properties)) return false;
  for (const name in properties) if (!isPlain(properties[name] as JsonValue)) return false;
  return true;
}

function areKnown(required: JsonValue, { properties }: JsonObject): boolean {
  if (!Array.isArray(required) || required.length === 0 || !isJsonObject(properties)) return false;
  for (const name of required) if (!Object.hasOwn(properties, name as string)) return false;
  return true;
}
