import type { JsonObject, JsonValue } from '../json/json.ts';

/** The same value with every text in it replaced, keys too. What holds nothing to replace comes back as it is. */
export function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => mapTexts(item, map));
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  if (!isPlain(value)) return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]): [string, JsonValue] => {
    const entry: [string, JsonValue] = [map(key), mapTexts(item, map)];
    changed ||= entry[0] !== key || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}

/** Whether some text of a value, a key too, passes a test. */
export function someText(value: JsonValue, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (Array.isArray(value)) return value.some((item) => someText(item, test));
  return isPlain(value) && Object.entries(value).some(([key, item]) => test(key) || someText(item, test));
}

// Values may stand for numbers that a number cannot hold; such objects have no texts.
function isPlain(value: JsonValue): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
