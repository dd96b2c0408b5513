import { toDecimal } from '../../core/json/decimal.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import { noteExact } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { countKeys, type JsonCaps, parseMessage } from '../../core/json/json-scan.ts';
import { findWanted, type Wanted } from './wanted.ts';

/** The levels of a message above the arguments of its call. */
const LEVELS_ABOVE = 2;

/**
 * A copy of arguments in which JSON strings are parsed where the schema requires another type, at any depth; undefined if
 * there are none. Models send such strings. A string stays if the schema also accepts strings, and never becomes null.
 */
export function convertTexts(args: JsonObject, schema: JsonObject, caps: JsonCaps): JsonObject | undefined {
  const converter = new Converter(caps, countKeys(args));
  let current = args;
  // A parsed string may contain such strings again.
  for (let round = 0; round < caps.depth; round++) {
    const next = converter.apply(current, findWanted(schema, current), LEVELS_ABOVE + 1) as JsonObject;
    if (next === current) break;
    current = next;
  }
  return current === args ? undefined : noteExact(current);
}

class Converter {
  readonly #caps: JsonCaps;
  #keys: number;

  constructor(caps: JsonCaps, keys: number) {
    this.#caps = caps;
    this.#keys = keys;
  }

  /** A copy with the wanted strings parsed; the value itself if there are none. */
  apply(value: JsonValue, wanted: Wanted, depth: number): JsonValue {
    if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
    const here = wanted.get(value);
    let changed = false;
    const convert = (item: JsonValue, key: string | number): JsonValue => {
      const types = here?.get(key);
      const next = typeof item === 'string' ? (types ? this.#parse(item, types, depth) : item) : this.apply(item, wanted, depth + 1);
      changed ||= next !== item;
      return next;
    };
    const copy = Array.isArray(value)
      ? value.map(convert)
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, key)]));
    return changed ? copy : value;
  }

  #parse(text: string, types: ReadonlySet<string>, depth: number): JsonValue {
    if (!STARTS.some(([start, meant]) => start.test(text) && meant.some((type) => types.has(type)))) return text;
    const { items } = this.#caps;
    let parsed: JsonValue;
    try {
      parsed = parseMessage(Buffer.from(text), text, { depth: this.#caps.depth - depth, keys: this.#caps.keys - this.#keys, items });
    } catch {
      return text;
    }
    if (!isWanted(parsed, types)) return text;
    this.#keys += countKeys(parsed);
    return parsed;
  }
}

const STARTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\s*\{/, ['object']],
  [/^\s*\[/, ['array']],
  [/^\s*-?\d/, ['number', 'integer']],
  [/^\s*(?:true|false)\s*$/, ['boolean']],
];

function isWanted(value: JsonValue, types: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return types.has('array');
  if (isJsonObject(value)) return types.has('object');
  if (typeof value === 'boolean') return types.has('boolean');
  if (typeof value !== 'number' && !(value instanceof ExactNumber)) return false;
  if (value instanceof ExactNumber && value.fault !== undefined) return false;
  return types.has('number') || (types.has('integer') && toDecimal(value).exponent >= 0);
}
