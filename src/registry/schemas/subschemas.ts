import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

// Keywords that hold one subschema, a list or a map of them. IN_PLACE keywords apply to the same value as their parent.
export const IN_PLACE_ONE = ['not', 'if', 'then', 'else'];
export const IN_PLACE_LIST = ['allOf', 'anyOf', 'oneOf'];
export const INSIDE_ONE = [
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'additionalItems',
  'propertyNames',
  'contains',
  'contentSchema',
];
export const INSIDE_MAP = ['properties', 'patternProperties', 'dependentSchemas'];
export const STORED_MAP = ['$defs', 'definitions'];

type Mapper = (subschema: JsonValue, at: string) => JsonValue;

const ONE = new Set([...IN_PLACE_ONE, ...INSIDE_ONE]);
const LIST = new Set([...IN_PLACE_LIST, 'prefixItems']);
const MAP = new Set(INSIDE_MAP);

/** A copy of a schema with every subschema replaced, except definitions. */
export function mapSubschemas(schema: JsonObject, at: string, map: Mapper): JsonObject {
  const mapped: JsonObject = {};
  for (const key of Object.keys(schema)) {
    const value = schema[key] as JsonValue;
    if (key === '__proto__') continue;
    if (ONE.has(key)) mapped[key] = map(value, `${at}.${key}`);
    else if (LIST.has(key) || (key === 'items' && Array.isArray(value))) mapped[key] = mapList(value, `${at}.${key}`, map);
    else if (key === 'items') mapped[key] = map(value, `${at}[]`);
    else if (MAP.has(key) && isJsonObject(value)) mapped[key] = mapObject(value, (name, item) => map(item, `${at}.${name}`));
    else mapped[key] = value;
  }
  return mapped;
}

function mapList(list: JsonValue, at: string, map: Mapper): JsonValue {
  return Array.isArray(list) ? list.map((item, i) => map(item, `${at}[${i}]`)) : list;
}

/** A copy of an object with every value replaced; safe for keys such as `__proto__`. */
export function mapObject(object: JsonObject, map: (key: string, value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(key, value)]));
}

/** The target of a local reference: a JSON pointer or an anchor. */
export function targetOf(root: JsonObject, ref: string): JsonValue | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return anchored(root, ref.slice(1));
  let node: JsonValue | undefined = root;
  for (const part of ref.slice(2).split('/')) {
    const key = decoded(part).replace(/~1/g, '/').replace(/~0/g, '~');
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isJsonObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }
  return node;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function anchored(schema: JsonValue, name: string): JsonValue | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (schema.$anchor === name) return schema;
  for (const [child] of children(schema, '')) {
    const found = anchored(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every subschema with its JSON pointer, definitions included. Also yields values that are not schemas but should be. */
export function* children(schema: JsonObject, at: string): Generator<[JsonValue, string]> {
  for (const key of ONE) if (schema[key] !== undefined) yield [schema[key], `${at}/${key}`];
  for (const key of [...LIST, 'items']) {
    const value = schema[key];
    if (Array.isArray(value)) for (const [i, item] of value.entries()) yield [item, `${at}/${key}/${i}`];
    else if (key === 'items' && value !== undefined) yield [value, `${at}/items`];
  }
  for (const key of [...INSIDE_MAP, ...STORED_MAP]) {
    const value = schema[key];
    if (isJsonObject(value)) for (const [name, item] of Object.entries(value)) yield [item, `${at}/${key}/${pointerPart(name)}`];
  }
  // The values of `dependencies` are schemas or lists of names.
  if (!isJsonObject(schema.dependencies)) return;
  for (const [name, item] of Object.entries(schema.dependencies))
    if (!Array.isArray(item)) yield [item, `${at}/dependencies/${pointerPart(name)}`];
}

function pointerPart(name: string): string {
  return /[~/%]/.test(name) ? name.replace(/~/g, '~0').replace(/\//g, '~1').replace(/%/g, '%25') : name;
}
