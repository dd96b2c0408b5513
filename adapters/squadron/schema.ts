import { parseExact } from '../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';

/** Parses a tool's schema text as an object schema, otherwise unchanged; undefined if it is not a JSON object. */
export function toInputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? {} : parseSchema(text);
  if (!schema) return undefined;
  const { type: given, properties, ...rest } = schema;
  // An omitted type arrives as null or an empty string.
  const type = given === undefined || given === null || given === '' ? 'object' : given;
  if (properties !== undefined && properties !== null) return { type, properties, ...rest };
  return '$ref' in rest ? { type, ...rest } : { type, properties: {}, ...rest };
}

/** The output schema that a plugin declares; undefined if it declares none. */
export function toOutputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? undefined : parseSchema(text);
  if (!schema || Object.keys(schema).length === 0) return undefined;
  // A recursive model is a reference to itself, so "type": "object" must be added.
  const meant = schema.type === undefined && resolveReference(schema, schema)?.type === 'object' ? { type: 'object', ...schema } : schema;
  return withNilPointers(meant, meant, 0) as JsonObject;
}

// The Go SDK describes pointers as required values, but omits nil ones. So nested structs are no longer required; other types
// are rarely pointers. Go structs are closed schemas, Python models are open.
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

/** Whether null may mean an absent struct. */
export function mayBeNil(schema: JsonValue | undefined, root: JsonObject): boolean {
  const meant = resolveReference(schema, root);
  return meant?.type === 'object' && !isMap(meant);
}

/** Whether a schema describes a map. A nil map is empty, a nil struct pointer is absent. */
export function isMap({ properties, additionalProperties }: JsonObject): boolean {
  return properties === undefined && additionalProperties !== false;
}

const REFERENCE = /^#\/(\$defs|definitions)\/([^/]+)$/;

/** Resolves a schema's reference to a definition in `root`. */
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

// The Go SDK omits definitions of recursive types, so dangling references accept any value.
function withoutDangling(value: JsonValue, root: JsonObject, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withoutDangling(item, root, depth + 1));
  if (!isJsonObject(value)) return value;
  const isDangling = typeof value.$ref === 'string' && REFERENCE.test(value.$ref) && resolveReference(value, root) === undefined;
  const members = Object.entries(value).filter(([key]) => !(isDangling && key === '$ref'));
  return Object.fromEntries(members.map(([key, item]) => [key, withoutDangling(item, root, depth + 1)]));
}
