import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

const ANNOTATION = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const TYPES = new Set<JsonValue | undefined>(['string', 'integer', 'boolean']);

/** An argument that a client repeats in an HTTP header, so that proxies can route by it. */
export interface HeaderParam {
  /** Property names from the root to the argument. */
  readonly path: readonly string[];
  /** The header, in lower case. */
  readonly header: string;
}

/** The header arguments of a schema, and the schema without invalid annotations. Valid: a unique token on a simple type. */
export function headerParams(schema: JsonObject): { readonly params: readonly HeaderParam[]; readonly schema: JsonObject } {
  if (!JSON.stringify(schema).includes(`"${ANNOTATION}"`)) return { params: [], schema };
  const params: HeaderParam[] = [];
  const taken = new Set<string>();

  const walk = (node: JsonObject, path: readonly string[], reachable: boolean): JsonObject =>
    Object.fromEntries(
      Object.entries(node).flatMap(([key, value]): [string, JsonValue][] => {
        if (key === ANNOTATION) return reachable && accept(node, path) ? [[key, value]] : [];
        if (key === 'properties' && isJsonObject(value) && reachable)
          return [[key, mapObject(value, (name, item) => clean(item, [...path, name], true))]];
        return [[key, clean(value, path, false)]];
      }),
    );

  const accept = (node: JsonObject, path: readonly string[]): boolean => {
    const name = node[ANNOTATION];
    if (typeof name !== 'string' || !TOKEN.test(name) || !TYPES.has(node.type) || path.length === 0) return false;
    const header = `mcp-param-${name.toLowerCase()}`;
    if (taken.has(header)) return false;
    taken.add(header);
    params.push({ path, header });
    return true;
  };

  const clean = (value: JsonValue, path: readonly string[], reachable: boolean): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => clean(item, path, false));
    return isJsonObject(value) ? walk(value, path, reachable) : value;
  };

  return { schema: walk(schema, [], true), params };
}

function mapObject(object: JsonObject, map: (key: string, value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(key, value)]));
}
