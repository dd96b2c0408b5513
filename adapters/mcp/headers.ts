import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

const ANNOTATION = 'x-mcp-header';
// What can be part of a header's name.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PLAIN = /^[\x20-\x7e]*$/;

/** Arguments that a schema wants repeated in HTTP headers; undefined where it wants none. */
export function paramHeaders(schema: JsonObject): ((params: JsonObject) => Record<string, string>) | undefined {
  const found = collect(schema, ['arguments']);
  if (found.length === 0) return undefined;
  return (params) =>
    Object.fromEntries(
      found.flatMap(({ header, path }) => {
        const value = path.reduce<JsonValue | undefined>(
          (node, key) => (isJsonObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
          params,
        );
        return value === undefined || value === null ? [] : [[header, encode(String(value))]];
      }),
    );
}

function collect(schema: JsonObject, path: readonly string[]): { header: string; path: readonly string[] }[] {
  const { properties } = schema;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isJsonObject(property)) return [];
    const own = property[ANNOTATION];
    const here = typeof own === 'string' && TOKEN.test(own) ? [{ header: `Mcp-Param-${own}`, path: [...path, name] }] : [];
    return [...here, ...collect(property, [...path, name])];
  });
}

// What a header cannot hold as it is travels in base64.
function encode(value: string): string {
  if (PLAIN.test(value) && value === value.trim() && !value.startsWith('=?base64?')) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
