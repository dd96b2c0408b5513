import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** One text for equal values: the keys of all objects are sorted, and there is no white space. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_, item: JsonValue) =>
    isJsonObject(item) ? (Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) as JsonObject) : item,
  );
}
