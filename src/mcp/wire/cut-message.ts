import type { JsonCaps } from '../../core/json/json-scan.ts';
import { type Fault, type Message, readMessage, tooLarge } from './wire.ts';

/** Members of the outer object; the value is undefined if it is a container or cut off. */
type Members = readonly (readonly [key: string, value: string | undefined])[];

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[-+.0-9A-Za-z]+/y;
/** The byte order mark, byte by byte. */
const BOM = '\xef\xbb\xbf';
const isClosing = (character: string | undefined): boolean => character === '}' || character === ']';

/**
 * Reads a message over the size limit, of which only the beginning and the end are available. If they contain the id as a
 * member of the outer object, a request is rejected with that id and a response settles its request.
 */
export function readCutMessage(head: Buffer, tail: Buffer, limit: number, caps: JsonCaps): Fault | Message {
  const members = [...membersFromStart(head.toString('latin1')), ...membersFromEnd(tail.toString('latin1'))];
  const fault = tooLarge(limit);
  const ids = new Set(members.flatMap(([key, value]) => (key === 'id' && value !== undefined ? [value] : [])));
  const [id, ...others] = ids;
  // Parsed as part of a whole message, so that the rules for ids are the same.
  const probe = Buffer.from(`{"jsonrpc":"2.0","id":${others.length > 0 ? null : id},"method":""}`, 'latin1');
  const read = id === undefined ? undefined : readMessage(probe, caps);
  const known = read?.kind === 'request' ? read.id : undefined;
  const keys = new Set(members.map(([key]) => key));
  if (!keys.has('method') && (keys.has('result') || keys.has('error'))) {
    return { kind: 'response', id: known, body: { error: { code: fault.number, message: fault.message } } };
  }
  return { ...fault, id: known ?? null };
}

function membersFromStart(text: string): Members {
  const members: [string, string | undefined][] = [];
  let at = skipBlanks(text, text.startsWith(BOM) ? BOM.length : 0);
  if (text[at] !== '{') return members;
  do {
    at = skipBlanks(text, at + 1);
    const key = match(STRING, text, at);
    if (key === undefined) return members;
    at = skipBlanks(text, at + key.length);
    if (text[at] !== ':') return members;
    at = skipBlanks(text, at + 1);
    const value = match(STRING, text, at) ?? match(SCALAR, text, at);
    const end = value === undefined ? endOfContainer(text, at) : skipBlanks(text, at + value.length);
    // A scalar at the very end may be cut off.
    const isWhole = end !== undefined && end < text.length;
    members.push([nameOf(key), isWhole ? value : undefined]);
    if (!isWhole) return members;
    at = end;
  } while (text[at] === ',');
  return members;
}

// Nothing is open after the last bracket, so the members before it can be read backwards.
function membersFromEnd(text: string): Members {
  const members: [string, string | undefined][] = [];
  let at = skipBlanksBack(text, text.length - 1);
  if (text[at] !== '}') return members;
  do {
    const last = skipBlanksBack(text, at - 1);
    const start = startOfValue(text, last);
    if (start === undefined) return members;
    at = skipBlanksBack(text, start - 1);
    if (text[at] !== ':') return members;
    const keyEnd = skipBlanksBack(text, at - 1);
    const keyStart = text[keyEnd] === '"' ? startOfString(text, keyEnd) : undefined;
    if (keyStart === undefined) return members;
    const isContainer = isClosing(text[last]);
    members.push([nameOf(text.slice(keyStart, keyEnd + 1)), isContainer ? undefined : text.slice(start, last + 1)]);
    at = skipBlanksBack(text, keyStart - 1);
  } while (text[at] === ',');
  return members;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

// A key may contain escapes.
function nameOf(key: string): string {
  try {
    return JSON.parse(key) as string;
  } catch {
    return key;
  }
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r';
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at++;
  return at;
}

function skipBlanksBack(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at--;
  return at;
}

/** The position after a container; undefined if there is no container or it is cut off. */
function endOfContainer(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') {
      const string = match(STRING, text, at);
      if (string === undefined) return undefined;
      at += string.length - 1;
    } else if (character === '{' || character === '[') depth++;
    else if (isClosing(character)) depth--;
    if (depth === 0) return isClosing(character) ? skipBlanks(text, at + 1) : undefined;
  }
  return undefined;
}

function startOfValue(text: string, last: number): number | undefined {
  const character = text[last] ?? '';
  if (character === '"') return startOfString(text, last);
  if (isClosing(character)) return startOfContainer(text, last);
  let at = last;
  while (/[-+.0-9A-Za-z]/.test(text[at] ?? '')) at--;
  return at === last ? undefined : at + 1;
}

function startOfContainer(text: string, last: number): number | undefined {
  let depth = 0;
  for (let at = last; at >= 0; at--) {
    const character = text[at] as string;
    if (character === '"') {
      const start = startOfString(text, at);
      if (start === undefined) return undefined;
      at = start;
    } else if (isClosing(character)) depth++;
    else if ((character === '{' || character === '[') && --depth === 0) return at;
  }
  return undefined;
}

// Searches back from the closing quote for the opening one: the next quote that is not escaped.
function startOfString(text: string, last: number): number | undefined {
  for (let at = text.lastIndexOf('"', last - 1); at >= 0; at = text.lastIndexOf('"', at - 1)) {
    let before = at - 1;
    while (text[before] === '\\') before--;
    if ((at - 1 - before) % 2 === 0) return before < 0 && at > 0 ? undefined : at;
    if (at === 0) return undefined;
  }
  return undefined;
}
