import { parsePlaces } from './exact-parse.ts';
import { JsonBytes } from './exact-scan.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { parseText } from './json-text.ts';

/** Limits of a JSON text: levels of nesting, keys in total, elements of one array or object. */
export interface JsonCaps {
  readonly depth: number;
  readonly keys: number;
  readonly items: number;
}

/** Why a text was rejected: not JSON, over a limit, or a duplicate key in one object. */
export type JsonFault = 'syntax' | 'depth' | 'keys' | 'items' | 'duplicate';

/** Thrown by `parseJson`; `fault` says which rule the text broke. */
export class JsonError extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const NINE = 57;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Parses a JSON text within limits. Rejects duplicate keys, since two parsers may read them differently. */
export function parseJson(text: string, caps: JsonCaps): JsonValue {
  const { keys } = measure(new JsonBytes(Buffer.from(text), text), caps);
  let value: JsonValue;
  try {
    value = parseText(text);
  } catch (error) {
    throw syntaxFault(error);
  }
  return refuseDuplicates(value, keys);
}

/**
 * Like `parseJson`, for a message: keeps numbers as they were sent. NaN and Infinity become numbers with a fault, so that
 * the error can name their path.
 */
export function parseMessage(bytes: Buffer, text: string, caps: JsonCaps): JsonValue {
  const json = new JsonBytes(bytes, text);
  const { keys, exact } = measure(json, caps);
  let value: JsonValue;
  try {
    value = parsePlaces(text, json, exact);
  } catch (error) {
    throw syntaxFault(error);
  }
  return refuseDuplicates(value, keys);
}

function syntaxFault(error: unknown): JsonError {
  return new JsonError('syntax', (error as Error).message);
}

// Every key has one colon in the text, so a duplicate key leaves fewer keys in the value than colons in the text.
function refuseDuplicates(value: JsonValue, keys: number): JsonValue {
  if (countKeys(value) !== keys) throw new JsonError('duplicate', 'one object has the same key twice');
  return value;
}

interface Measured {
  /** Number of keys in all objects. */
  readonly keys: number;
  /** Numbers that JavaScript would write differently, as alternating start and end indexes. */
  readonly exact: readonly number[] | undefined;
}

/** The commas of each open level. One array for all texts, because a text is measured in one go. */
const commas: number[] = [];

// One pass over the text before it is parsed.
function measure(json: JsonBytes, { depth: levels, keys: maxKeys, items }: JsonCaps): Measured {
  const { bytes } = json;
  commas[0] = 0;
  let exact: number[] | undefined;
  let depth = 0;
  let keys = 0;
  let opened = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c === QUOTE) {
      i = json.endOfString(i);
    } else if (c <= NINE) {
      if (c >= MINUS) {
        const end = json.endOfNumber(i);
        if (end < 0) {
          exact ??= [];
          exact.push(i, ~end);
          i = ~end - 1;
        } else if (end > i) i = end - 1;
      } else if (c === COMMA) {
        const seen = (commas[depth] as number) + 1;
        commas[depth] = seen;
        if (seen >= items) throw new JsonError('items', `an array or object with more than ${items} elements`);
      }
    } else if (c === COLON) {
      if (++keys > maxKeys) throw new JsonError('keys', `more than ${maxKeys} keys`);
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (++depth > levels) throw new JsonError('depth', `more than ${levels} levels deep`);
      // Empty arrays and objects have no keys, but cost the parser as much as others.
      if (++opened > 2 * items) throw new JsonError('items', `more than ${2 * items} arrays and objects`);
      commas[depth] = 0;
    } else if ((c === CLOSE_OBJECT || c === CLOSE_ARRAY) && depth > 0) {
      depth--;
    }
  }
  return { keys, exact };
}

/** Number of keys in all objects of a value. */
export function countKeys(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let n = 0;
  if (Array.isArray(value)) {
    for (const item of value) n += countKeys(item);
    return n;
  }
  if (!isJsonObject(value)) return 0;
  // Parsed objects have no inherited keys, so `for in` is safe, and it needs no array of keys.
  for (const key in value) n += 1 + countKeys(value[key] as JsonValue);
  return n;
}
