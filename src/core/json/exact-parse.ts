import { fromMark, isMarked, mark } from './exact-number.ts';
import { JsonBytes } from './exact-scan.ts';
import { noteHolder } from './exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { parseText } from './json-text.ts';
import { refuseVast, VastError } from './vast.ts';

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Deepest level that `holdsNumber` walks; a deeper text is scanned instead. */
const MAX_DEPTH = 100;
const NON_FINITE = /^(?:NaN|-?Infinity)$/;

/**
 * Parses a JSON text and keeps its numbers as they were sent. Throws what JSON.parse throws, and a `VastError` for a text
 * with too many values. NaN and Infinity become numbers with a fault, so they fail one call and not the connection.
 */
export function parseExact(text: string): JsonValue {
  return parse(text, () => Buffer.from(text), holdsNumber);
}

/** Like `parseExact`, for one line of a stream. A response without numbers beside its id is not scanned. */
export function parseLine(line: Buffer): JsonValue {
  return parse(line.toString(), () => line, mayHoldExact);
}

function parse(text: string, bytes: () => Buffer, suspect: (value: JsonValue) => boolean): JsonValue {
  let value: JsonValue;
  try {
    refuseVast(text);
    value = parseText(text);
  } catch (error) {
    return parseNonFinite(text, bytes(), error);
  }
  if (!suspect(value)) return value;
  const json = new JsonBytes(bytes(), text);
  const places = json.findExact();
  return places === undefined ? value : parseMarked(json, places);
}

/** Like `parseExact`, for a text that has been scanned: `places` is the result of `findExact`. */
export function parsePlaces(text: string, json: JsonBytes, places: readonly number[] | undefined): JsonValue {
  try {
    return places === undefined ? parseText(text) : parseMarked(json, places);
  } catch (error) {
    return parseNonFinite(text, json.bytes, error);
  }
}

// JSON.parse has rejected the text: tries again with NaN and Infinity marked.
function parseNonFinite(text: string, bytes: Buffer, error: unknown): JsonValue {
  if (error instanceof VastError || (!text.includes('NaN') && !text.includes('Infinity'))) throw error;
  const json = new JsonBytes(bytes, text);
  return parseMarked(json, json.findExact(true) ?? []);
}

function parseMarked(json: JsonBytes, places: readonly number[]): JsonValue {
  return revive(parseText(markNumbers(json, places).toString()));
}

// The id of a response is a number that the gateway chose, so it needs no scan.
function mayHoldExact(message: JsonValue): boolean {
  if (!isJsonObject(message) || message.method !== undefined) return holdsNumber(message);
  for (const key in message) if (key !== 'id' && holdsNumber(message[key] as JsonValue)) return true;
  return false;
}

function holdsNumber(value: JsonValue, depth = 0): boolean {
  if (typeof value === 'number') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (depth > MAX_DEPTH) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (holdsNumber(item, depth + 1)) return true;
    return false;
  }
  for (const key in value) if (holdsNumber((value as JsonObject)[key] as JsonValue, depth + 1)) return true;
  return false;
}

/** Replaces the numbers at `places` with marked strings. Malformed numbers stay, so the parser rejects them. */
export function markNumbers({ bytes, text }: JsonBytes, places: readonly number[]): Buffer {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < places.length; i += 2) {
    const [start, end] = [places[i] as number, places[i + 1] as number];
    const token = bytes.toString('latin1', start, end);
    if (!NUMBER.test(token) && !NON_FINITE.test(token)) continue;
    parts.push(text.slice(from, start), `"${mark(token)}"`);
    from = end;
  }
  parts.push(text.slice(from));
  return Buffer.from(parts.join(''), 'latin1');
}

/** Replaces marked strings with their numbers, in place. Not recursive: the depth has not been limited yet. */
export function revive(root: JsonValue): JsonValue {
  if (typeof root === 'string') return isMarked(root) ? fromMark(root) : root;
  if (typeof root !== 'object' || root === null) return root;
  const above = new Map<object, object | undefined>([[root, undefined]]);
  const open: JsonObject[] = [root as JsonObject];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const key in node) {
      if (isMarked(key)) throw new SyntaxError('A key must be a string.');
      const item = node[key] as JsonValue;
      if (typeof item === 'string') {
        if (!isMarked(item)) continue;
        node[key] = fromMark(item);
        for (let at: object | undefined = node; at !== undefined && noteHolder(at); ) at = above.get(at);
      } else if (typeof item === 'object' && item !== null) {
        above.set(item, node);
        open.push(item as JsonObject);
      }
    }
  }
  return root;
}
