import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { dialectOf } from '../check/dialect.ts';
import { isSchema, shapeFault } from '../check/keyword-shapes.ts';
import { type Judge, survey } from '../check/survey.ts';
import { weaken } from '../check/weaken.ts';
import { children, IN_PLACE_LIST, IN_PLACE_ONE, INSIDE_MAP, INSIDE_ONE, STORED_MAP } from './subschemas.ts';

/** A schema as clients see it, and the parts that were left out, one entry each. */
export interface Listed {
  readonly schema: JsonObject;
  readonly left: readonly string[];
}

/** Keywords that do not constrain a value, but break the compilers of clients. */
const UNSAFE = new Set(['id', '$anchor', '$dynamicAnchor', '$recursiveAnchor', '$async']);
/** Keywords in which compilers do not search for nested `$id`s, or in which these are legitimate. */
const KNOWN = new Set([
  ...[...IN_PLACE_ONE, ...IN_PLACE_LIST, ...INSIDE_ONE, ...INSIDE_MAP, ...STORED_MAP],
  ...['items', 'prefixItems', 'dependencies', 'default', 'const', 'enum'],
]);
const NAMES = ['$id', '$anchor', '$dynamicAnchor'];
/** The `$schema` values that clients recognize. */
const NAMED = /^https?:\/\/json-schema\.org\/draft(?:-0[67]|\/20(?:19-09|20-12))\/schema#?$/;
const FORMAT_BOUND = /^formatExclusive(?:Minimum|Maximum)$|^format(?:Minimum|Maximum)$/;

/**
 * An output schema that every client can compile: many clients compile a whole list at once and lose it over one bad schema.
 * A schema that is fine is returned as is; a replacement accepts everything that the original accepts.
 */
export function toCompilable(schema: JsonObject): Listed {
  const surveyed = survey(schema, '2019-09', notCompiled);
  const hasTuples = schema.$schema !== undefined && dialectOf(schema) !== '2020-12' && NAMED.test(String(schema.$schema));
  if (surveyed.left.length === 0 && !isOdd(schema, hasTuples)) return { schema: toListable(schema), left: [] };
  const weakened = weaken(surveyed, {
    instead: {},
    keyword: (owner, key, value) => (isUnread(owner, key, value) ? undefined : [key, value]),
    finish: (body) => (hasTuples ? body : withoutTuple(body)),
  });
  return { schema: toListable(weakened), left: surveyed.left };
}

/** A schema whose root has the shape that the protocol requires; returned as is if it already has. */
export function toListable(schema: JsonObject): JsonObject {
  const { $schema, properties, required } = schema;
  const bad = new Set<string>();
  if ($schema !== undefined && typeof $schema !== 'string') bad.add('$schema');
  if (properties !== undefined && !isJsonObject(properties)) bad.add('properties');
  if (required !== undefined && shapeFault('required', required) !== undefined) bad.add('required');
  const known = isJsonObject(properties) ? properties : {};
  const areObjects = Object.values(known).every(isJsonObject);
  if (bad.size === 0 && areObjects) return schema;
  const kept = Object.fromEntries(Object.entries(schema).filter(([key]) => !bad.has(key)));
  if (areObjects) return kept;
  return { ...kept, properties: Object.fromEntries(Object.entries(known).map(([name, item]) => [name, toObject(item)])) };
}

function toObject(schema: JsonValue): JsonValue {
  if (isJsonObject(schema)) return schema;
  return schema === false ? { not: {} } : {};
}

// Keywords that are valid in the dialect, but make compilers throw.
const notCompiled: Judge = (key, value) => {
  if (key === 'pattern') return isRegExp(value as string) ? undefined : 'is not a valid regular expression';
  if (key === 'enum') return (value as JsonValue[]).length > 0 ? undefined : 'is an empty list';
  // Compilers that look formats up in a plain object find inherited members such as "constructor".
  if (key === 'format') return typeof value === 'string' && !(value in {}) ? undefined : 'is not the name of a format';
  return FORMAT_BOUND.test(key) ? 'is not supported by most clients' : undefined;
};

function isRegExp(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

function isOdd(schema: JsonObject, hasTuples: boolean): boolean {
  if (Array.isArray(schema.items) && !hasTuples) return true;
  for (const key of Object.keys(schema)) if (isUnread(schema, key, schema[key] as JsonValue)) return true;
  for (const [child] of children(schema, '')) if (isSchema(child) && isJsonObject(child) && isOdd(child, hasTuples)) return true;
  return false;
}

function isUnread({ type }: JsonObject, key: string, value: JsonValue): boolean {
  if (key === 'nullable') return typeof value !== 'boolean' || !isKnown(type) || (value === false && [type].flat().includes('null'));
  if (key === '$schema') return !NAMED.test(String(value));
  return UNSAFE.has(key) || (!KNOWN.has(key) && holdsNames(value));
}

function isKnown(type: JsonValue | undefined): boolean {
  return type !== undefined && shapeFault('type', type) === undefined;
}

// Compilers search for `$id` even below unknown keywords.
function holdsNames(value: JsonValue): boolean {
  if (!isJsonObject(value)) return false;
  return NAMES.some((name) => typeof value[name] === 'string') || Object.values(value).some(holdsNames);
}

// Newer dialects name a tuple `prefixItems`, which older clients ignore.
function withoutTuple(body: JsonObject): JsonObject {
  if (!Array.isArray(body.items)) return body;
  const { items, additionalItems: _, ...rest } = body;
  return items.length === 0 ? rest : { ...rest, prefixItems: items };
}
