import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';

// The rules for tools that the providers published by 2026-12-02:
// - OpenAI: reference of the Responses and Chat Completions APIs (names, 128 tools), and the errors of its schema validator
//   ("schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", "array schema missing
//   items").
// - Anthropic: reference of the Messages API (names), and its errors ("input_schema does not support oneOf, allOf, or anyOf at the
//   top level", "Property keys should match pattern").
// - Gemini: reference of FunctionDeclaration (names) and Schema (the fields of its subset).

/** The APIs that have an export. */
export type Api = 'openai' | 'anthropic' | 'gemini';

const GEMINI_KEYS = new Set(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern anyOf items minimum maximum'.split(
    ' ',
  ),
);

/** What is wrong with an export for each API; empty if nothing is. */
export const API_FAULTS: Readonly<Record<Api, (content: JsonValue) => string[]>> = {
  openai: (content) => {
    const tools = content as JsonObject[];
    const shape = tools.flatMap(({ type, strict, description }) =>
      type === 'function' && strict === false && typeof description === 'string' ? [] : ['not a function'],
    );
    const count = tools.length > 128 ? ['more than 128 tools in one request'] : [];
    return [...shape, ...count, ...toolFaults(tools, 'parameters', /^[a-zA-Z0-9_-]{1,64}$/, ['oneOf', 'anyOf', 'allOf', 'enum', 'not'])];
  },
  anthropic: (content) => toolFaults(content as JsonObject[], 'input_schema', /^[a-zA-Z0-9_-]{1,64}$/, ['oneOf', 'anyOf', 'allOf']),
  gemini: (content) => {
    const [{ functionDeclarations = [] } = {}] = content as JsonObject[];
    const tools = functionDeclarations as JsonObject[];
    const common = toolFaults(tools, 'parametersJsonSchema', /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, ['anyOf']);
    return [...common, ...tools.flatMap(({ parametersJsonSchema }) => geminiFaults(parametersJsonSchema as JsonValue, ''))];
  },
};

function toolFaults(tools: readonly JsonObject[], key: string, pattern: RegExp, notAtRoot: readonly string[]): string[] {
  const names = tools.map(({ name }) => String(name));
  const twice = new Set(names).size < names.length ? ['two tools of one name'] : [];
  const each = tools.flatMap((tool) => {
    const schema = tool[key];
    if (!isJsonObject(schema) || schema.type !== 'object') return [`${tool.name}: not an object at the root`];
    const found = notAtRoot.filter((keyword) => keyword in schema).map((keyword) => `${tool.name}: ${keyword} at the root`);
    if (!pattern.test(String(tool.name))) found.push(`${tool.name}: its name`);
    for (const name of Object.keys(schema.properties ?? {}))
      if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(name)) found.push(`${tool.name}: the argument ${name}`);
    return [...found, ...lists(schema, String(tool.name))];
  });
  return [...twice, ...each];
}

// The schemas directly inside another one. Data, such as examples, are not among them.
function inside(schema: JsonObject): [string, JsonValue][] {
  const found: [string, JsonValue][] = [];
  for (const key of ['items', 'not', 'contains', 'propertyNames', 'if', 'then', 'else', 'additionalProperties'])
    if (schema[key] !== undefined && typeof schema[key] !== 'boolean') found.push([key, schema[key]]);
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
    if (Array.isArray(schema[key])) for (const [i, item] of schema[key].entries()) found.push([`${key}/${i}`, item]);
  for (const key of ['properties', 'patternProperties', '$defs'])
    if (isJsonObject(schema[key])) for (const [name, item] of Object.entries(schema[key])) found.push([`${key}/${name}`, item]);
  return found;
}

function lists(schema: JsonValue, at: string): string[] {
  if (!isJsonObject(schema)) return [`${at}: not a schema`];
  const own = schema.type === 'array' && !isJsonObject(schema.items) ? [`${at}: a list without items`] : [];
  return [...own, ...inside(schema).flatMap(([key, item]) => lists(item, `${at}/${key}`))];
}

function geminiFaults(schema: JsonValue, at: string): string[] {
  if (!isJsonObject(schema)) return [`${at}: not a schema`];
  const own = Object.keys(schema).flatMap((key) => (GEMINI_KEYS.has(key) ? [] : [`${at}: ${key}`]));
  if (Array.isArray(schema.type)) own.push(`${at}: several types`);
  if (Array.isArray(schema.enum) && schema.enum.some((item) => typeof item !== 'string'))
    own.push(`${at}: enum of other things than texts`);
  const names = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  for (const name of (schema.required ?? []) as string[]) if (!names.includes(name)) own.push(`${at}: requires ${name}, which it lacks`);
  return [...own, ...inside(schema).flatMap(([key, item]) => geminiFaults(item, `${at}/${key}`))];
}
