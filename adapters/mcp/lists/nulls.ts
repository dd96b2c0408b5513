import { parseExact, parseLine } from '../../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

// Below these keys a null is a value of somebody's own.
const VALUES = new Set(['arguments', 'structuredContent', '_meta', 'input', 'metadata', 'data', 'default', 'const', 'enum', 'examples']);
/** Keys of which the null itself is a value. */
const OWN = new Set(['structuredContent', 'data', 'default', 'const']);
/** Keys of schemas whose members are named by somebody: what a name stands for is a schema, whatever the name is. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Parses a message of a server. Many serializers write null where a member is absent: such members are left out. */
export function parseMessage(text: string): JsonValue {
  const message = parseExact(text);
  return text.includes('null') ? dropNulls(message) : message;
}

/** The same for a message on a line of its own. */
export function parseMessageLine(line: Buffer): JsonValue {
  const message = parseLine(line);
  return line.includes('null') ? dropNulls(message) : message;
}

/** Leaves out members that are null, in place. Without recursion: nothing has limited the depth yet. */
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
