import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { resolveReference } from './schema.ts';

const DEEPEST = 32;

/** A value without the nulls that Go writes for lists and maps nobody filled, where the schema promises a list or an object. */
export function withoutNils(value: JsonValue, schema: JsonValue | undefined, root: JsonObject, depth = 0): JsonValue {
  const meant = resolveReference(schema, root);
  if (!meant || depth > DEEPEST) return value;
  if (value === null) return meant.type === 'array' ? [] : meant.type === 'object' && isMap(meant) ? {} : null;
  if (Array.isArray(value)) return value.map((item) => withoutNils(item, meant.items, root, depth + 1));
  if (!isJsonObject(value)) return value;
  const { properties, additionalProperties } = meant;
  const known = isJsonObject(properties) ? properties : {};
  const schemaOf = (key: string): JsonValue | undefined => (Object.hasOwn(known, key) ? known[key] : additionalProperties);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNils(item, schemaOf(key), root, depth + 1)]));
}

// A nil map is an empty one; a nil pointer to a struct is not a struct without values.
function isMap({ properties, additionalProperties }: JsonObject): boolean {
  return properties === undefined && additionalProperties !== false;
}
