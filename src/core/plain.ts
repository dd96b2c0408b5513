import type { JsonObject, JsonValue } from './json.ts';

const DEEPEST = 64;

/**
 * Any value as plain JSON, without ever throwing. Dates become ISO texts, bytes base64, BigInts decimal texts, maps
 * objects, sets lists, errors `{ name, message }`; NaN becomes null; functions, symbols and undefined are left out
 * (null inside a list); a cycle, a level below 64 and a getter that throws become a text that says so.
 */
export function toPlain(value: unknown): JsonValue {
  return convert(value, [], 0) ?? null;
}

function convert(value: unknown, path: object[], depth: number): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // JSON has one zero.
      return Number.isFinite(value) ? value || 0 : null;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : convertObject(value, path, depth);
    default:
      return undefined;
  }
}

function convertObject(value: object, path: object[], depth: number): JsonValue | undefined {
  if (path.includes(value)) return '[circular]';
  if (depth >= DEEPEST) return '[too deep]';
  try {
    const special = convertSpecial(value);
    if (special !== undefined) return convert(special, [...path, value], depth + 1);
    path.push(value);
    const plain = Array.isArray(value)
      ? Array.from(value, (item) => convert(item, path, depth + 1) ?? null)
      : convertProperties(value, path, depth);
    path.pop();
    return plain;
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.message : 'it cannot be read'}]`;
  }
}

function convertSpecial(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), item]));
  if (value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof RegExp || value instanceof URL) return String(value);
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value) ?? null) : undefined;
}

function convertProperties(value: object, path: object[], depth: number): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const key of Object.keys(value)) {
    let item: JsonValue | undefined;
    try {
      item = convert((value as Record<string, unknown>)[key], path, depth + 1);
    } catch (error) {
      item = `[unreadable: ${error instanceof Error ? error.message : 'it cannot be read'}]`;
    }
    if (item !== undefined) entries.push([key, item]);
  }
  return Object.fromEntries(entries);
}
