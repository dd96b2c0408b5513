import { toJsonText } from './exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** One text for equal values: the keys of all objects are sorted, there is no white space, and numbers stand as they were sent. */
export function canonicalJson(value: JsonValue): string {
  return toJsonText(value, (_, item: JsonValue) =>
    isJsonObject(item) ? (Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) as JsonObject) : item,
  );
}
