import { randomUUID } from 'node:crypto';
import type { JsonObject, JsonValue } from './json.ts';

// Captured before any plugin is loaded: an in-process plugin may replace JSON.parse.
const { parse } = JSON;

const BACKSLASH = 92;
const COLON = 58;
const BLANK = /[^ \t\n\r]/g;

/**
 * Parses a JSON text; throws what JSON.parse throws. V8 12.8 and later confuse a key that contains an escape with a key
 * parsed before (nodejs/node#63785), so there such keys are parsed separately.
 */
export function parseText(text: string): JsonValue {
  return MISREADS_KEYS && text.includes('\\') ? parseKeysApart(text) : (parse(text) as JsonValue);
}

const MISREADS_KEYS = misreadsKeys();

function misreadsKeys(): boolean {
  parse('{"h":[],"\\\\":0}');
  return Object.keys(parse('{"h":1,"\\"":2}') as JsonObject)[1] !== '"';
}

/** Parses a JSON text after replacing keys that contain escapes with placeholders, then restores the keys. */
export function parseKeysApart(text: string): JsonValue {
  const mark = randomUUID();
  const names = new Map<string, string>();
  let rest = '';
  let from = 0;
  for (const [start, end] of escapedKeys(text)) {
    const name = `${mark}${names.size}`;
    names.set(name, parse(text.slice(start, end + 1)) as string);
    rest += `${text.slice(from, start)}"${name}"`;
    from = end + 1;
  }
  const value = parse(rest + text.slice(from)) as JsonValue;
  return names.size === 0 ? value : rename(value, names);
}

function* escapedKeys(text: string): Generator<readonly [start: number, end: number]> {
  let slash = text.indexOf('\\');
  for (let start = text.indexOf('"'); start >= 0; ) {
    const end = endOfString(text, start);
    if (slash >= 0 && slash < start) slash = text.indexOf('\\', start);
    if (slash < 0) return;
    if (slash < end && isBeforeColon(text, end + 1)) yield [start, end];
    start = text.indexOf('"', end + 1);
  }
}

function isBeforeColon(text: string, at: number): boolean {
  BLANK.lastIndex = at;
  const next = BLANK.exec(text);
  return next !== null && text.charCodeAt(next.index) === COLON;
}

function rename(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, rename(item, names)]));
}

/** Index of the closing quote of the string that begins at `from`, or the length of the text. */
export function endOfString(text: string, from: number): number {
  let end = from;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let back = end - 1;
    while (text.charCodeAt(back) === BACKSLASH) back--;
    if ((end - back) % 2 === 1) return end;
  }
}
