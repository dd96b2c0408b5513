import type { Json, JsonMap } from '../../api/types.ts';

/** What a form needs to know about a JSON Schema. The gateway checks values; this only says which field fits. */

export type Kind = 'choice' | 'constant' | 'text' | 'number' | 'yes-no' | 'list' | 'group' | 'union' | 'json';

/** How deep references of a schema are followed for one field. */
const DEEPEST = 20;

export const isMap = (value: Json | undefined): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function lookUp(ref: string, root: JsonMap): Json | undefined {
  if (!ref.startsWith('#')) return undefined;
  let found: Json | undefined = root;
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isMap(found) ? found[name] : Array.isArray(found) ? (found as readonly Json[])[Number(name)] : undefined;
  }
  return found;
}

/** A schema with its reference followed and `allOf` merged. */
export function resolve(schema: Json | undefined, root: JsonMap, depth = 0): JsonMap {
  if (!isMap(schema) || depth > DEEPEST) return {};
  const { $ref, allOf, ...own } = schema;
  let all: JsonMap = own;
  if (typeof $ref === 'string') all = { ...resolve(lookUp($ref, root), root, depth + 1), ...all };
  if (Array.isArray(allOf)) for (const part of allOf as readonly Json[]) all = merge(resolve(part, root, depth + 1), all);
  return all;
}

function merge(a: JsonMap, b: JsonMap): JsonMap {
  const properties = { ...(isMap(a.properties) ? a.properties : {}), ...(isMap(b.properties) ? b.properties : {}) };
  const all: JsonMap = { ...a, ...b, required: [...requiredOf(a), ...requiredOf(b)] };
  return Object.keys(properties).length > 0 ? { ...all, properties } : all;
}

export const requiredOf = (schema: JsonMap): readonly string[] => (Array.isArray(schema.required) ? (schema.required as string[]) : []);
export const propertiesOf = (schema: JsonMap): readonly (readonly [string, Json])[] =>
  isMap(schema.properties) ? Object.entries(schema.properties) : [];

/** The alternatives of a union, each with a title. */
export function variantsOf(schema: JsonMap, root: JsonMap): readonly { readonly title: string; readonly schema: JsonMap }[] {
  const { anyOf, oneOf, type, ...rest } = schema;
  const parts = Array.isArray(type) ? (type as string[]).map((one) => ({ ...rest, type: one })) : ((anyOf ?? oneOf) as readonly Json[]);
  const { title: _, description: __, ...shared } = rest;
  return parts.map((part, i) => {
    const each = { ...shared, ...resolve(part, root) };
    return { title: textOf(each.title) ?? nameOf(each) ?? `form ${i + 1}`, schema: each };
  });
}

const TYPES: { readonly [type: string]: string } = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'yes or no',
  array: 'list',
  object: 'group',
  null: 'null',
};
const nameOf = (schema: JsonMap): string | undefined =>
  schema.const !== undefined ? JSON.stringify(schema.const) : schema.enum ? 'choice' : TYPES[textOf(schema.type) ?? ''];

export function kindOf(schema: JsonMap): Kind {
  if (schema.const !== undefined || schema.type === 'null') return 'constant';
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return 'choice';
  const union = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(union) && union.length > 0 && !schema.properties) return titledChoices(schema) ? 'choice' : 'union';
  if (Array.isArray(schema.type)) return 'union';
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'yes-no';
    case 'array':
      return isMap(schema.items) ? 'list' : 'json';
    default:
      return propertiesOf(schema).length > 0 ? 'group' : 'json';
  }
}

/** Choices that are written as `oneOf` with a `const` and a title each. */
function titledChoices(schema: JsonMap): readonly Json[] | undefined {
  const parts = (schema.oneOf ?? schema.anyOf) as readonly Json[] | undefined;
  return parts?.every((part) => isMap(part) && part.const !== undefined) ? parts : undefined;
}

export function choicesOf(schema: JsonMap): readonly { readonly value: Json; readonly label: string }[] {
  const show = (value: Json): string => (typeof value === 'string' ? (value === '' ? '(empty text)' : value) : JSON.stringify(value));
  const titled = titledChoices(schema);
  if (titled)
    return titled.map((part) => ({
      value: (part as JsonMap).const ?? null,
      label: textOf((part as JsonMap).title) ?? show((part as JsonMap).const ?? null),
    }));
  const names = Array.isArray(schema.enumNames) ? (schema.enumNames as readonly Json[]) : [];
  return (schema.enum as readonly Json[]).map((value, i) => ({ value, label: textOf(names[i]) ?? show(value) }));
}

export const constantOf = (schema: JsonMap): Json => (schema.const === undefined ? null : schema.const);

/** What a new form starts with. What is optional and has no default is left out. */
export function startOf(schema: Json | undefined, root: JsonMap, required: boolean): Json | undefined {
  const own = resolve(schema, root);
  if (own.default !== undefined) return own.default;
  if (!required) return undefined;
  switch (kindOf(own)) {
    case 'constant':
      return constantOf(own);
    case 'list':
      return [];
    case 'group':
      return startOfGroup(own, root);
    default:
      return undefined;
  }
}

export function startOfGroup(schema: JsonMap, root: JsonMap): JsonMap {
  const needed = requiredOf(schema);
  const values = propertiesOf(schema).map(([name, part]) => [name, startOf(part, root, needed.includes(name))] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** What a value must be, in words: `text, at most 200`. */
export function hintOf(schema: JsonMap): string {
  const limits: [string, string][] = [
    ['minLength', 'at least'],
    ['maxLength', 'at most'],
    ['minimum', 'from'],
    ['exclusiveMinimum', 'above'],
    ['maximum', 'to'],
    ['exclusiveMaximum', 'below'],
    ['minItems', 'at least'],
    ['maxItems', 'at most'],
    ['format', 'as'],
    ['pattern', 'matching'],
  ];
  const parts = limits.flatMap(([name, words]) => (schema[name] === undefined ? [] : [`${words} ${schema[name]}`]));
  return [nameOf(schema) ?? 'JSON', ...parts].join(', ');
}
