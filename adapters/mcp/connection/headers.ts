import { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';

const ANNOTATION = 'x-mcp-header';
// Characters of a header name (RFC 9110 token).
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PLAIN = /^[\x20-\x7e]+$/;
const TYPES = new Set<JsonValue | undefined>(['string', 'integer', 'boolean']);

/** Keywords whose value is a schema or a list of schemas. */
const SCHEMAS = 'items prefixItems contains additionalProperties unevaluatedProperties unevaluatedItems propertyNames'
  .concat(' oneOf anyOf allOf not if then else')
  .split(' ');
/** Keywords whose value maps names to schemas. */
const NAMED = ['patternProperties', 'dependentSchemas', '$defs', 'definitions'];

interface HeaderArgument {
  readonly header: string;
  readonly path: readonly string[];
}

/** The arguments to repeat in headers, or the first fault found. */
interface Annotations {
  readonly found: readonly HeaderArgument[];
  readonly fault?: string;
}

/** Returns the header values for arguments marked with `x-mcp-header`; undefined if none is marked. */
export function paramHeaders(schema: JsonObject): ((params: JsonObject) => Record<string, string>) | undefined {
  const { found } = read(schema);
  if (found.length === 0) return undefined;
  return (params) =>
    Object.fromEntries(
      found.flatMap(({ header, path }) => {
        const value = path.reduce<unknown>(
          (node, key) => (isJsonObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
          params.arguments,
        );
        const text = toText(value);
        return text === undefined ? [] : [[`Mcp-Param-${header}`, encode(text)]];
      }),
    );
}

/** Why an `x-mcp-header` annotation is invalid. Such a tool cannot be called over modern Streamable HTTP. */
export function headerFault(schema: JsonValue | undefined): string | undefined {
  return isJsonObject(schema) ? read(schema).fault : undefined;
}

function read(schema: JsonObject): Annotations {
  const found: HeaderArgument[] = [];
  const taken = new Set<string>();

  const faultOf = (node: JsonObject, path: readonly string[], reachable: boolean): string | undefined => {
    const name = node[ANNOTATION];
    const of = `the "${ANNOTATION}" of "${path.join('.')}"`;
    if (!reachable || path.length === 0) return `an "${ANNOTATION}" is not on an argument`;
    if (typeof name !== 'string' || name === '') return `${of} is ${name === '' ? 'empty' : 'not a string'}`;
    if (!TOKEN.test(name)) return `${of} is not a valid header name`;
    if (!TYPES.has(node.type)) return `${of} is on an argument that is not a string, integer or boolean`;
    if (taken.has(name.toLowerCase())) return `${of} names the header of another argument`;
    taken.add(name.toLowerCase());
    found.push({ header: name, path });
    return undefined;
  };

  const visit = (node: unknown, path: readonly string[], reachable: boolean): string | undefined => {
    if (!isJsonObject(node)) return undefined;
    const own = Object.hasOwn(node, ANNOTATION) ? faultOf(node, path, reachable) : undefined;
    if (own !== undefined) return own;
    const below: [unknown, readonly string[], boolean][] = [];
    if (isJsonObject(node.properties))
      for (const [name, item] of Object.entries(node.properties)) below.push([item, [...path, name], reachable]);
    for (const key of SCHEMAS) {
      const value = node[key];
      if (Array.isArray(value)) for (const item of value) below.push([item, path, false]);
      else if (value !== undefined) below.push([value, path, false]);
    }
    for (const key of NAMED) if (isJsonObject(node[key])) for (const item of Object.values(node[key])) below.push([item, path, false]);
    for (const [item, at, isReachable] of below) {
      const fault = visit(item, at, isReachable);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

  const fault = visit(schema, [], true);
  return fault === undefined ? { found } : { found: [], fault };
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber ? String(value) : undefined;
}

// Values that are not plain ASCII are sent in base64.
function encode(value: string): string {
  if (PLAIN.test(value) && value === value.trim() && !value.startsWith('=?base64?')) return value;
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
