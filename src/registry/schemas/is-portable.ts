import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { isForeign } from './types.ts';

/** The keys of arguments that every LLM client takes. */
export const SAFE_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

type Check = (value: JsonValue, schema: JsonObject) => boolean;

const always: Check = () => true;
const isMeant: Check = (value) => value !== '';
const isSmall: Check = (value) => Math.abs(Number(value)) < Number.MAX_SAFE_INTEGER;
const isFilled: Check = (value) => Array.isArray(value) && value.length > 0;

/** The keywords that may stay as they are, each with what else it takes. */
const KEYWORDS: ReadonlyMap<string, Check> = new Map([
  ['type', always],
  ['title', isMeant],
  ['description', isMeant],
  ['default', always],
  ['examples', always],
  ['deprecated', always],
  ['readOnly', always],
  ['writeOnly', always],
  ['nullable', always],
  ['x-mcp-header', always],
  ['const', always],
  ['enum', isFilled],
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

/** Whether a schema certainly is in the portable form already: most are, and then nothing has to be built. */
export function isPortable(schema: JsonObject): boolean {
  const { type, properties } = schema;
  if (type !== 'object' || !isJsonObject(properties) || schema.enum !== undefined || schema.const !== undefined) return false;
  for (const key in properties) if (!SAFE_KEY.test(key)) return false;
  return isPlain(schema);
}

/** Whether a schema below the root is in the portable form as it stands. */
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
