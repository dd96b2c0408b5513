import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { conjoin } from './conjoin.ts';
import { foldRoot } from './fold.ts';
import { inline, type Report } from './inline.ts';
import { mapObject, mapSubschemas } from './subschemas.ts';
import { ANYTHING, impliedTypes, isForeign, saysNothing, splitTypes } from './types.ts';

/** The keys of arguments that every LLM client takes. */
export const SAFE_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

const STRIPPED = /^(?:\$schema|\$id|\$anchor|\$dynamicAnchor|\$recursiveAnchor|\$comment|\$vocabulary|x-(?!mcp-header$).*)$/;
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const COMBINED = ['anyOf', 'oneOf', 'allOf', 'not', 'if', '$ref'];

/**
 * A tool's schema in the form that every LLM client takes: a plain object at the root, references resolved, one type at
 * each place, lists with items, no empty schemas.
 */
export function toPortable(schema: JsonObject, report: Report): JsonObject {
  const { $defs, ...root } = inline(schema, report);
  const folded = foldRoot($defs === undefined ? root : { ...root, $defs }, report);
  const { properties, ...rest } = simplify(folded, '', report) as JsonObject;
  const defs = isJsonObject($defs) ? mapObject($defs, (name, item) => simplify(item, name, report)) : undefined;
  const { $defs: _, ...plain } = rest;
  return { ...plain, properties: asObject(properties), ...(defs ? { $defs: defs } : {}) };
}

function simplify(schema: JsonValue, at: string, report: Report): JsonValue {
  if (typeof schema === 'boolean') return schema ? { anyOf: [...ANYTHING] } : { not: { anyOf: [...ANYTHING] } };
  if (!isJsonObject(schema)) return schema;
  const clean = withoutMarks(schema);
  if (saysNothing(clean)) return { ...clean, anyOf: [...ANYTHING] };
  const merged = mergeAllOf(clean, at, report);
  const types = typesOf(merged);
  const { type: _, ...rest } = merged;
  if (types.length > 1) {
    if (!COMBINED.some((key) => key in merged)) return simplify(splitTypes(merged, types), at, report);
    // Beside a combination only one type can be said: the one that has properties, if any.
    report(at, `that it may be ${types.join(' or ')}`);
    const { properties, required, ...others } = rest;
    const isObject = types.includes('object') && (properties ?? required) !== undefined;
    return isObject ? simplify({ ...rest, type: 'object' }, at, report) : simplifyInside(others, at, report);
  }
  const [type] = types;
  if (type === undefined) return simplifyInside(rest, at, report);
  const own = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !isForeign(keyword, type)));
  const shaped = type === 'object' ? shapeObject(own, at, report) : type === 'array' ? shapeList(own, at, report) : own;
  return simplifyInside({ type, ...shaped }, at, report);
}

// A schema that is true or false has no place in the form, except as the answer to whether there may be more properties.
function simplifyInside(schema: JsonObject, at: string, report: Report): JsonObject {
  return mapSubschemas(schema, at, (item, where) => {
    if (where === `${at}.additionalProperties` && (typeof item === 'boolean' || saysNothing(item))) return item !== false;
    return simplify(item, where, report);
  });
}

function withoutMarks(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([key, value]) => {
      if (STRIPPED.test(key) || ((key === 'description' || key === 'title') && value === '')) return false;
      if (key === 'enum' && Array.isArray(value) && value.length === 0) return false;
      return !(BOUNDS.includes(key) && Math.abs(Number(value)) >= Number.MAX_SAFE_INTEGER);
    }),
  );
}

function mergeAllOf({ allOf, ...rest }: JsonObject, at: string, report: Report): JsonObject {
  if (!Array.isArray(allOf)) return rest;
  // What is said of the whole stands above what its parts say of themselves.
  const parts = [...allOf.filter(isJsonObject), rest];
  const merged = parts.reduce<JsonObject>(
    (all, part) => conjoin(all, withoutMarks(part), (keyword) => report(at, `of two rules for "${keyword}" only one is told`)),
    {},
  );
  return 'allOf' in merged ? mergeAllOf(merged, at, report) : merged;
}

function typesOf(schema: JsonObject): string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return [...new Set(type as string[])];
  if (!COMBINED.some((key) => key in schema)) return impliedTypes(schema);
  return 'properties' in schema || 'required' in schema ? ['object'] : [];
}

function shapeObject(schema: JsonObject, at: string, report: Report): JsonObject {
  const { required, unevaluatedProperties, ...rest } = schema;
  const known = asObject(schema.properties);
  const forbidden = new Set(Object.keys(known).filter((name) => known[name] === false));
  for (const name of forbidden) report(`${at}.${name}`, 'that it must not be given');
  const needed = (Array.isArray(required) ? [...new Set(required as string[])] : []).filter((name) => !forbidden.has(name));
  const missing = needed.filter((name) => !Object.hasOwn(known, name));
  const properties = Object.fromEntries([
    ...Object.entries(known).filter(([, item]) => item !== false),
    ...missing.map((name) => [name, true] as const),
  ]);
  if (unevaluatedProperties !== undefined && unevaluatedProperties !== true) {
    if (unevaluatedProperties === false && rest.additionalProperties === undefined) rest.additionalProperties = false;
    else report(at, '"unevaluatedProperties"');
  }
  return {
    ...rest,
    ...(Object.keys(properties).length > 0 || 'properties' in schema ? { properties } : {}),
    ...(needed.length > 0 ? { required: needed } : {}),
  };
}

function shapeList(schema: JsonObject, at: string, report: Report): JsonObject {
  const { prefixItems, items, additionalItems, unevaluatedItems, ...rest } = schema;
  const places = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
  if (!places && items === false) return { ...rest, items: true, maxItems: 0 };
  if (!places) return { ...rest, items: (items as JsonValue | undefined) ?? true };
  const more = Array.isArray(items) ? additionalItems : items;
  report(at, 'which item stands at which place');
  const kinds = [...places, ...(more === undefined || more === false ? [] : [more])];
  const closed = more === false || unevaluatedItems === false;
  const most = Math.min(Number(rest.maxItems ?? places.length), places.length);
  return { ...rest, ...(closed ? { maxItems: most } : {}), items: kinds.length === 1 ? (kinds[0] as JsonValue) : { anyOf: kinds } };
}
