import { ExactNumber } from './exact-number.ts';

/** Any value that JSON can say. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject | ExactNumber;

/** A JSON object; arrays and null are none. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a value is a plain JSON object: no array, no number, not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** A foreign value as an object: an empty one where it is none. */
export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
