import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { isMap, mayBeNil, resolveReference } from './schema.ts';

const MAX_DEPTH = 32;

/** Removes Go's nulls from a value: nil slices, bytes and maps become empty, nil struct pointers become absent. */
export function withoutNils(value: JsonValue, schema: JsonValue | undefined, root: JsonObject, depth = 0): JsonValue {
  const meant = resolveReference(schema, root);
  if (!meant || depth > MAX_DEPTH) return value;
  if (value === null) return emptyOf(meant);
  if (Array.isArray(value)) return value.map((item) => withoutNils(item, meant.items, root, depth + 1));
  if (!isJsonObject(value)) return value;
  const { properties, additionalProperties } = meant;
  const known = isJsonObject(properties) ? properties : {};
  const schemaOf = (key: string): JsonValue | undefined => (Object.hasOwn(known, key) ? known[key] : additionalProperties);
  const isStruct = additionalProperties === false;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !(isStruct && item === null && mayBeNil(known[key], root)))
      .map(([key, item]) => [key, withoutNils(item, schemaOf(key), root, depth + 1)]),
  );
}

function emptyOf(schema: JsonObject): JsonValue {
  if (schema.type === 'array') return [];
  if (schema.type === 'object' && isMap(schema)) return {};
  return schema.type === 'string' && schema.contentEncoding === 'base64' ? '' : null;
}
