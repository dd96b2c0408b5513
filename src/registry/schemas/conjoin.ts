import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

const MIN_SIZE = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains']);
const MAX_SIZE = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains']);
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'format']);

/**
 * One schema for values that must match both, as far as it can be expressed; annotations of the second one win.
 * Calls `lost` with each keyword of which only the second one's rule is kept.
 */
export function conjoin(a: JsonObject, b: JsonObject, lost: (keyword: string) => void): JsonObject {
  const second = apart(b, a);
  const both = new Map<string, JsonValue>(Object.entries(withoutRivals(apart(a, b), second, lost)));
  for (const [key, value] of Object.entries(second)) {
    const before = both.get(key);
    both.set(key, before === undefined || same(before, value) ? value : merged(key, before, value, lost));
  }
  return Object.fromEntries(both);
}

/** Keywords that depend on each other: of two such groups only one can be kept. */
const GROUPS: readonly (readonly [string, ...string[]])[] = [
  ['contains', 'minContains', 'maxContains'],
  ['if', 'then', 'else'],
];
const ITEM_KEYWORDS = ['prefixItems', 'items', 'additionalItems', 'unevaluatedItems'];

function withoutRivals(schema: JsonObject, other: JsonObject, lost: (keyword: string) => void): JsonObject {
  const dropped = new Set<string>();
  for (const group of GROUPS) if (group.some((key) => key in other)) for (const key of group) if (key in schema) dropped.add(key);
  if ((hasTuple(schema) && ITEM_KEYWORDS.some((key) => key in other)) || hasTuple(other))
    for (const key of ITEM_KEYWORDS) if (key in schema) dropped.add(key);
  if (dropped.size === 0) return schema;
  for (const key of dropped) lost(key);
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !dropped.has(key)));
}

function hasTuple({ prefixItems, items, unevaluatedItems }: JsonObject): boolean {
  return prefixItems !== undefined || Array.isArray(items) || unevaluatedItems !== undefined;
}

// The portable form allows no keywords beside a reference.
function apart(schema: JsonObject, other: JsonObject): JsonObject {
  return '$ref' in schema && Object.keys(other).length > 0 && !same(schema, other) ? { anyOf: [schema] } : schema;
}

function merged(key: string, a: JsonValue, b: JsonValue, lost: (keyword: string) => void): JsonValue {
  if (ANNOTATIONS.has(key)) return b;
  if (MAX_SIZE.has(key)) return Number(a) > Number(b) ? a : b;
  if (MIN_SIZE.has(key)) return Number(a) < Number(b) ? a : b;
  if (key === 'required' && Array.isArray(a) && Array.isArray(b)) return [...new Set([...a, ...b])];
  if ((key === 'properties' || key === 'patternProperties') && isJsonObject(a) && isJsonObject(b)) return mergeProperties(a, b, lost);
  if (key === 'type') return narrowType(a, b, lost);
  if (key === 'enum' && Array.isArray(a) && Array.isArray(b)) {
    const allowed = new Set(b.map((item) => toJsonText(item)));
    const shared = a.filter((item) => allowed.has(toJsonText(item)));
    if (shared.length > 0) return shared;
  }
  if (key === 'items' || key === 'additionalProperties') {
    if (a === false || b === true) return a;
    if (a === true || b === false) return b;
    if (isJsonObject(a) && isJsonObject(b)) return conjoin(a, b, lost);
  }
  if (key === 'allOf' && Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  lost(key);
  return b;
}

function mergeProperties(a: JsonObject, b: JsonObject, lost: (keyword: string) => void): JsonObject {
  const all = new Map<string, JsonValue>(Object.entries(a));
  for (const [name, schema] of Object.entries(b)) {
    const before = all.get(name);
    if (before === undefined || before === true) all.set(name, schema);
    else if (before === false || schema === false) all.set(name, false);
    else if (isJsonObject(before) && isJsonObject(schema)) all.set(name, conjoin(before, schema, lost));
  }
  return Object.fromEntries(all);
}

function narrowType(a: JsonValue, b: JsonValue, lost: (keyword: string) => void): JsonValue {
  const first = [a].flat() as JsonValue[];
  const second = [b].flat() as JsonValue[];
  const fits = (type: JsonValue, others: JsonValue[]): boolean =>
    others.includes(type) || (type === 'integer' && others.includes('number'));
  const shared = [...new Set([...first.filter((type) => fits(type, second)), ...second.filter((type) => fits(type, first))])];
  if (shared.length === 0) lost('type');
  return shared.length === 0 ? b : shared.length === 1 ? (shared[0] as JsonValue) : shared;
}

/** Whether two schemas or values have the same JSON text. */
export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === b || toJsonText(a) === toJsonText(b);
}
