import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { conjoin } from './conjoin.ts';
import { foldRoot } from './fold.ts';
import { inline, type Report } from './inline.ts';
import { isPlain } from './is-portable.ts';
import { mapObject, mapSubschemas } from './subschemas.ts';
import { ANYTHING, impliedTypes, isForeign, isSpoken, saysNothing, splitTypes } from './types.ts';
import { understood } from './understood.ts';

const STRIPPED = /^(?:\$schema|\$id|\$anchor|\$dynamicAnchor|\$recursiveAnchor|\$comment|\$vocabulary|x-(?!mcp-header$).*)$/;
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const IN_PLACE = /^\.(?:then|else|not|if|(?:allOf|anyOf|oneOf)\[\d+\])$/;
const OTHERS = ['string', 'number', 'boolean', 'array', 'null'];
const COMBINED = ['anyOf', 'oneOf', 'allOf', 'not', 'if', '$ref'];

/**
 * A tool's schema in the form that every LLM client accepts: a plain object at the root, references resolved, one type per
 * value, lists with items, no empty schemas.
 */
export function toPortable(schema: JsonObject, report: Report): JsonObject {
  const { $defs, ...root } = inline(understood(schema, report), report);
  const folded = foldRoot($defs === undefined ? root : { ...root, $defs }, report);
  const { properties, ...rest } = simplify(folded, '', report) as JsonObject;
  const defs = isJsonObject($defs) ? mapObject($defs, (name, item) => simplify(item, name, report)) : undefined;
  const { $defs: _, ...plain } = rest;
  return { ...plain, properties: asObject(properties), ...(defs ? { $defs: defs } : {}) };
}

/** `given`: the type that the enclosing schema already requires of the value. */
function simplify(schema: JsonValue, at: string, report: Report, given?: string): JsonValue {
  if (typeof schema === 'boolean') return schema ? { anyOf: [...ANYTHING] } : { not: { anyOf: [...ANYTHING] } };
  if (!isJsonObject(schema)) return schema;
  const clean = withoutMetadata(schema);
  // The portable form allows no keywords beside a reference.
  if ('$ref' in clean && Object.keys(clean).length === 1) return clean;
  if (saysNothing(clean)) return given === undefined ? { ...clean, anyOf: [...ANYTHING] } : simplify({ ...clean, type: given }, at, report);
  const merged = mergeAllOf(clean, at, report);
  const isCombined = COMBINED.some((key) => key in merged);
  const types = typesOf(merged, given, isCombined);
  const { type: _, ...rest } = merged;
  if (types.length > 1) {
    if (!isCombined) return simplify(splitTypes(merged, types), at, report);
    const isObject = types.includes('object') && ('properties' in merged || 'required' in merged);
    const { type: __, nullable: ___, ...untyped } = merged;
    if (!isObject) {
      const weak = weakenInside(untyped, undefined, at, report);
      if (!COMBINED.some((key) => key in weak)) return simplify({ ...weak, type: types }, at, report);
      report(at, `that its type may be ${types.join(' or ')}`);
      // Without the types, keywords for a single type go too.
      const common = Object.fromEntries(Object.entries(weak).filter(([key]) => !isForeign(key, 'null')));
      return simplifyInside(common, at, report);
    }
    // Rules for objects belong to the object branch only.
    const annotations = Object.fromEntries(Object.entries(untyped).filter(([key]) => isSpoken(key)));
    const rules = Object.fromEntries(Object.entries(untyped).filter(([key]) => !isSpoken(key)));
    const others = types.filter((type) => type !== 'object').map((type) => ({ type }));
    return simplify({ ...annotations, anyOf: [{ ...rules, type: 'object' }, ...others] }, at, report);
  }
  const [type] = types;
  if (type === undefined) {
    const weak = weakenInside(rest, undefined, at, report);
    const flat = Array.isArray(weak.items) || weak.prefixItems !== undefined ? shapeList(weak, at, report) : weak;
    return saysNothing(flat) ? simplify(flat, at, report) : simplifyInside(flat, at, report);
  }
  const own = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !isForeign(keyword, type)));
  const weak = weakenInside(own, type, at, report);
  const shaped = type === 'object' ? shapeObject(weak, at, report) : type === 'array' ? shapeList(weak, at, report) : weak;
  return simplifyInside({ type, ...shaped }, at, report, type);
}

// Weakening a schema inside these keywords makes the whole stricter, so they are dropped unless they are already portable.
function weakenInside(schema: JsonObject, type: string | undefined, at: string, report: Report): JsonObject {
  const weak = { ...schema };
  const isExact = (part: JsonValue | undefined): boolean => isJsonObject(part) && isPlain(type === undefined ? part : { type, ...part });
  const drop = (...keys: string[]): void => {
    for (const key of keys) delete weak[key];
    report(at, `"${keys[0]}"`);
  };
  if (weak.not !== undefined && !isExact(weak.not) && !isNever(weak)) drop('not');
  if (weak.if === undefined) for (const key of ['then', 'else']) delete weak[key];
  else if (!isExact(weak.if)) drop('if', 'then', 'else');
  if (weak.maxContains !== undefined && !isExact(weak.contains)) drop('maxContains');
  if (Array.isArray(weak.oneOf) && !weak.oneOf.every(isExact)) {
    if (weak.anyOf === undefined) weak.anyOf = weak.oneOf;
    drop('oneOf');
  }
  return weak;
}

// How the portable form expresses a schema that accepts nothing.
function isNever({ not }: JsonObject): boolean {
  return not === true || (isJsonObject(not) && saysNothing(not));
}

// The portable form allows boolean schemas only as `additionalProperties`.
function simplifyInside(schema: JsonObject, at: string, report: Report, type?: string): JsonObject {
  return mapSubschemas(schema, at, (item, where) => {
    if (IN_PLACE.test(where.slice(at.length))) return simplify(item, where, report, type);
    if (where === `${at}.additionalProperties` && (typeof item === 'boolean' || saysNothing(item))) return item !== false;
    return simplify(item, where, report);
  });
}

function withoutMetadata(schema: JsonObject): JsonObject {
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
  // The keywords beside `allOf` come last, so their annotations win.
  const parts = [...allOf.filter(isJsonObject), rest];
  const merged = parts.reduce<JsonObject>(
    (all, part) => conjoin(all, withoutMetadata(part), (keyword) => report(at, `only one of two "${keyword}" rules is kept`)),
    {},
  );
  return 'allOf' in merged ? mergeAllOf(merged, at, report) : merged;
}

function typesOf(schema: JsonObject, given: string | undefined, isCombined: boolean): string[] {
  const { type, nullable } = schema;
  if (typeof type === 'string') return nullable === true && isCombined ? [...new Set([type, 'null'])] : [type];
  if (Array.isArray(type)) return [...new Set([...(type as string[]), ...(nullable === true ? ['null'] : [])])];
  const implied = isCombined ? [] : impliedTypes(schema);
  if (given !== undefined && (implied.length === 0 || implied.includes(given))) return [given];
  if (!isCombined) return implied;
  return 'properties' in schema || 'required' in schema ? ['object', ...OTHERS] : [];
}

function shapeObject(schema: JsonObject, at: string, report: Report): JsonObject {
  const { required, unevaluatedProperties, ...rest } = schema;
  const known = asObject(schema.properties);
  const forbidden = new Set(Object.keys(known).filter((name) => known[name] === false));
  for (const name of forbidden) report(`${at}.${name}`, 'that it must be absent');
  const needed = (Array.isArray(required) ? [...new Set(required as string[])] : []).filter((name) => !forbidden.has(name));
  const missing = needed.filter((name) => !Object.hasOwn(known, name));
  const properties = Object.fromEntries([
    ...Object.entries(known).filter(([, item]) => item !== false),
    ...missing.map((name) => [name, true] as const),
  ]);
  if (unevaluatedProperties !== undefined && unevaluatedProperties !== true) {
    const isAlone = ![...COMBINED, 'dependentSchemas'].some((key) => key in rest);
    if (unevaluatedProperties === false && rest.additionalProperties === undefined && isAlone) rest.additionalProperties = false;
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
  report(at, 'the positions of the items');
  const kinds = [...places, ...(more === undefined || more === false ? [] : [more])];
  const isAlone = ![...COMBINED, 'contains'].some((key) => key in rest);
  const closed = more === false || (unevaluatedItems === false && more === undefined && isAlone);
  const max = Math.min(Number(rest.maxItems ?? places.length), places.length);
  return { ...rest, ...(closed ? { maxItems: max } : {}), items: kinds.length === 1 ? (kinds[0] as JsonValue) : { anyOf: kinds } };
}
