import { fromMark, isMarked, mark } from './exact-number.ts';
import { JsonBytes } from './exact-scan.ts';
import { noteHolder } from './exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { parseText } from './json-text.ts';
import { refuseVast, VastError } from './vast.ts';

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Below so many levels a text is looked at rather than its value. */
const MAX_DEPTH = 100;
const WORD = /^(?:NaN|-?Infinity)$/;

/**
 * Parses a JSON text and keeps its numbers as they were sent; throws what JSON.parse throws. NaN and infinity are taken,
 * as numbers with a fault: who writes them loses one call, and not everything that waits for an answer. Throws a `VastError`
 * for a text with too many values.
 */
export function parseExact(text: string): JsonValue {
  return parse(text, () => Buffer.from(text), holdsNumber);
}

/** The same for a message on a line of its own. What answers a request of ours costs its text only where it holds numbers. */
export function parseLine(line: Buffer): JsonValue {
  return parse(line.toString(), () => line, mayHoldExact);
}

function parse(text: string, bytes: () => Buffer, suspect: (value: JsonValue) => boolean): JsonValue {
  let value: JsonValue;
  try {
    refuseVast(text);
    value = parseText(text);
  } catch (error) {
    return parseWords(text, bytes(), error);
  }
  if (!suspect(value)) return value;
  const json = new JsonBytes(bytes(), text);
  const places = json.findExact();
  return places === undefined ? value : parseMarked(json, places);
}

/** The same for a text in which such numbers have been found at the given places. */
export function parsePlaces(text: string, json: JsonBytes, places: readonly number[] | undefined): JsonValue {
  try {
    return places === undefined ? parseText(text) : parseMarked(json, places);
  } catch (error) {
    return parseWords(text, json.bytes, error);
  }
}

// The second try of a text that is no JSON: it may be one but for NaN and infinity.
function parseWords(text: string, bytes: Buffer, error: unknown): JsonValue {
  if (error instanceof VastError || (!text.includes('NaN') && !text.includes('Infinity'))) throw error;
  const json = new JsonBytes(bytes, text);
  return parseMarked(json, json.findExact(true) ?? []);
}

function parseMarked(json: JsonBytes, places: readonly number[]): JsonValue {
  return revive(parseText(markNumbers(json, places).toString()));
}

// The id of an answer is a number of ours, and nothing else stands beside it.
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

/** The same text with texts that stand for these numbers. What is no number stays, for the parser to refuse. */
export function markNumbers({ bytes, text }: JsonBytes, places: readonly number[]): Buffer {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < places.length; i += 2) {
    const [start, end] = [places[i] as number, places[i + 1] as number];
    const token = bytes.toString('latin1', start, end);
    if (!NUMBER.test(token) && !WORD.test(token)) continue;
    parts.push(text.slice(from, start), `"${mark(token)}"`);
    from = end;
  }
  parts.push(text.slice(from));
  return Buffer.from(parts.join(''), 'latin1');
}

/** Puts numbers where texts stand for them, in place. Without recursion: nothing has limited the depth yet. */
export function revive(root: JsonValue): JsonValue {
  if (typeof root === 'string') return isMarked(root) ? fromMark(root) : root;
  if (typeof root !== 'object' || root === null) return root;
  const above = new Map<object, object | undefined>([[root, undefined]]);
  const open: JsonObject[] = [root as JsonObject];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const key in node) {
      if (isMarked(key)) throw new SyntaxError('A key must be a text.');
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
