import { parseExact } from '../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';

/** The schema text of a tool as an object schema, otherwise untouched; undefined where it is none. */
export function toInputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? {} : parseSchema(text);
  if (!schema) return undefined;
  const { type: said, properties, ...rest } = schema;
  // What an author left empty arrives as null, or as an empty text.
  const type = said === undefined || said === null || said === '' ? 'object' : said;
  if (properties !== undefined && properties !== null) return { type, properties, ...rest };
  return '$ref' in rest ? { type, ...rest } : { type, properties: {}, ...rest };
}

/** The schema of a tool's result as the plugin gives it; undefined where it gives none. */
export function toOutputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? undefined : parseSchema(text);
  if (!schema || Object.keys(schema).length === 0) return undefined;
  // A model that holds others of its kind is a reference to itself; that it is an object has to stand beside it.
  const meant = schema.type === undefined && resolveReference(schema, schema)?.type === 'object' ? { type: 'object', ...schema } : schema;
  return withNilPointers(meant, meant, 0) as JsonObject;
}

// The Go SDK says of a pointer what it says of a value, and that it is there; where it is nil, it is not. Only a struct
// inside of another is promised no longer for that: everything else is rarely behind a pointer. A struct is known by
// being closed: models of Python are open.
function withNilPointers(value: JsonValue, root: JsonObject, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withNilPointers(item, root, depth + 1));
  if (!isJsonObject(value)) return value;
  const { properties, required, additionalProperties } = value;
  const members = Object.entries(value).map(([key, item]): [string, JsonValue] => [key, withNilPointers(item, root, depth + 1)]);
  const relaxed = Object.fromEntries(members);
  if (additionalProperties === false && isJsonObject(properties) && Array.isArray(required)) {
    relaxed.required = required.filter((name) => typeof name !== 'string' || !mayBeNil(properties[name], root));
  }
  return relaxed;
}

/** Whether null may stand for a struct that is not there. */
export function mayBeNil(schema: JsonValue | undefined, root: JsonObject): boolean {
  const meant = resolveReference(schema, root);
  return meant?.type === 'object' && !isMap(meant);
}

/** Whether a schema is that of a map: a nil one is empty, a nil pointer to a struct is not a struct without values. */
export function isMap({ properties, additionalProperties }: JsonObject): boolean {
  return properties === undefined && additionalProperties !== false;
}

const REFERENCE = /^#\/(\$defs|definitions)\/([^/]+)$/;

/** What a schema says, where it says so by a reference to a part of `root`. */
export function resolveReference(schema: JsonValue | undefined, root: JsonObject): JsonObject | undefined {
  if (!isJsonObject(schema)) return undefined;
  const [, place, name = ''] = REFERENCE.exec(typeof schema.$ref === 'string' ? schema.$ref : '') ?? [];
  if (place === undefined) return schema;
  const defs = root[place];
  const found = isJsonObject(defs) && Object.hasOwn(defs, name) ? defs[name] : undefined;
  return isJsonObject(found) ? found : undefined;
}

function parseSchema(text: string): JsonObject | undefined {
  try {
    const schema = parseExact(text);
    if (!isJsonObject(schema)) return undefined;
    return text.includes('"$ref"') ? (withoutDangling(schema, schema, 0) as JsonObject) : schema;
  } catch {
    return undefined;
  }
}

const MAX_DEPTH = 64;

// The Go SDK drops the definitions that a recursive type refers to: what it refers to may then be anything.
function withoutDangling(value: JsonValue, root: JsonObject, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withoutDangling(item, root, depth + 1));
  if (!isJsonObject(value)) return value;
  const isDangling = typeof value.$ref === 'string' && REFERENCE.test(value.$ref) && resolveReference(value, root) === undefined;
  const members = Object.entries(value).filter(([key]) => !(isDangling && key === '$ref'));
  return Object.fromEntries(members.map(([key, item]) => [key, withoutDangling(item, root, depth + 1)]));
}
