import { ExactNumber } from './exact-number.ts';

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject | ExactNumber;

/** A JSON object, not an array or null. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a value is a JSON object: not an array, an exact number or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** An external value as an object; an empty one if it is not an object. */
export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
