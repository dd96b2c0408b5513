import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { SAFE_KEY } from './portable.ts';
import { isForeign } from './types.ts';

const SIMPLE = new Set(['title', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'nullable', 'const', 'format', 'pattern']);
const NUMBERS = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']);
const COUNTS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'x-mcp-header']);

/** Whether a schema certainly is in the portable form already: most are, and then nothing has to be built. */
export function isPortable(schema: JsonObject): boolean {
  const { type, properties } = schema;
  if (type !== 'object' || !isJsonObject(properties)) return false;
  for (const key in properties) if (!SAFE_KEY.test(key)) return false;
  return isPlain(schema) && !('enum' in schema) && !('const' in schema);
}

function isPlain(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false;
  const { type } = schema;
  if (typeof type !== 'string') return false;
  if (type === 'array' && schema.items === undefined) return false;
  for (const key in schema) {
    if (key !== 'type' && (!isPlainKeyword(key, schema[key] as JsonValue, schema) || isForeign(key, type))) return false;
  }
  return true;
}

function isPlainKeyword(key: string, value: JsonValue, schema: JsonObject): boolean {
  if (SIMPLE.has(key)) return value !== '';
  if (COUNTS.has(key)) return true;
  if (NUMBERS.has(key)) return Math.abs(Number(value)) < Number.MAX_SAFE_INTEGER;
  switch (key) {
    case 'description':
      return value !== '';
    case 'enum':
      return Array.isArray(value) && value.length > 0;
    case 'items':
      return isPlain(value);
    case 'properties':
      return isJsonObject(value) && Object.values(value).every(isPlain);
    case 'required':
      return (
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((name) => isJsonObject(schema.properties) && Object.hasOwn(schema.properties, String(name)))
      );
    case 'additionalProperties':
      return typeof value === 'boolean' || isPlain(value);
    default:
      return false;
  }
}
