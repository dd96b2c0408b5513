import { GatewayError } from '../errors.ts';
import type { JsonObject, JsonValue } from './json.ts';

const MAX_DEPTH = 64;

/**
 * Converts any value to plain JSON and never throws. Dates become ISO strings, bytes base64, BigInts decimal strings,
 * maps objects, sets arrays, errors `{ name, message }` and NaN null. Functions, symbols and undefined are left out (null
 * in an array). A cycle, a level below 64 and a throwing getter become a text in brackets.
 */
export function toPlain(value: unknown): JsonValue {
  return convert(value, new Path(), 0) ?? null;
}

/** Like `toPlain`, for the result of a tool: throws RESULT_INVALID for NaN and Infinity instead of changing them to null. */
export function toPlainResult(value: unknown): JsonValue {
  const path = new Path();
  const plain = convert(value, path, 0) ?? null;
  if (path.notFinite === undefined) return plain;
  throw new GatewayError('RESULT_INVALID', `The tool ran, but its result contains ${path.notFinite}, which is not a number in JSON.`);
}

/** The objects around a value that is being converted. */
class Path {
  readonly objects: object[] = [];
  /** The last NaN or Infinity found so far. */
  notFinite: number | undefined;
}

function convert(value: unknown, path: Path, depth: number): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // JSON does not distinguish -0 from 0.
      if (Number.isFinite(value)) return value || 0;
      path.notFinite = value;
      return null;
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : convertObject(value, path, depth);
    default:
      return undefined;
  }
}

function convertObject(value: object, path: Path, depth: number): JsonValue | undefined {
  if (path.objects.includes(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[too deep]';
  path.objects.push(value);
  try {
    const special = convertSpecial(value);
    if (special !== undefined) return convert(special, path, depth + 1);
    if (Array.isArray(value)) return Array.from(value, (item) => convert(item, path, depth + 1) ?? null);
    return convertProperties(value, path, depth);
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.message : 'it cannot be read'}]`;
  } finally {
    path.objects.pop();
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

function convertProperties(value: object, path: Path, depth: number): JsonObject {
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
