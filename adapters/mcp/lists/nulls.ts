import { parseExact, parseLine } from '../../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

// Keys below which a null is part of the user's data.
const VALUES = new Set([
  'arguments',
  'structuredContent',
  '_meta',
  'input',
  'metadata',
  'frontmatter',
  'data',
  'default',
  'const',
  'enum',
  'examples',
]);
/** Keys that may be null themselves. */
const OWN = new Set(['structuredContent', 'data', 'default', 'const']);
/** Schema keywords whose members have user-defined names and are schemas. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Parses a message from a server. Many serializers write null for absent members, so such members are removed. */
export function parseMessage(text: string): JsonValue {
  const message = parseExact(text);
  return text.includes('null') ? dropNulls(message) : message;
}

/** Like `parseMessage`, for one line of stdio. */
export function parseMessageLine(line: Buffer): JsonValue {
  const message = parseLine(line);
  return line.includes('null') ? dropNulls(message) : message;
}

/** Removes null members in place. Iterative, because the nesting depth is not limited yet. */
export function dropNulls(root: JsonValue): JsonValue {
  const open: { readonly node: JsonValue; readonly named: boolean }[] = [{ node: root, named: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, named } = next;
    if (Array.isArray(node)) for (const item of node) open.push({ node: item, named: false });
    if (!isJsonObject(node)) continue;
    for (const [key, member] of Object.entries(node)) {
      if (member === null && !named && !OWN.has(key)) delete node[key];
      else if (named || !VALUES.has(key)) open.push({ node: member as JsonValue, named: !named && NAMED.has(key) });
    }
  }
  return root;
}
