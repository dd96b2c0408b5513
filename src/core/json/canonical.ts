import { toJsonText } from './exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** The same text for equal values: sorted keys, no white space, numbers as they were sent. */
export function canonicalJson(value: JsonValue): string {
  return toJsonText(value, (_, item: JsonValue) =>
    isJsonObject(item) ? (Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) as JsonObject) : item,
  );
}
