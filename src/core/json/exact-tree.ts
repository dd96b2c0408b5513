import { ExactNumber } from './exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** Objects and arrays that contain an exact number at any depth, so that other messages are not searched. */
const holders = new WeakSet<object>();

/** Records one object or array as a holder; false if it is one already. */
export function noteHolder(value: object): boolean {
  if (holders.has(value)) return false;
  holders.add(value);
  return true;
}

/** Whether a value contains an exact number. Only for parsed values, and copies passed to `noteExact`. */
export function holdsExact(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && (holders.has(value) || value instanceof ExactNumber);
}

/** Records which parts of a constructed value contain exact numbers, for `holdsExact`. */
export function noteExact<T extends JsonValue>(value: T): T {
  look(value);
  return value;
}

function look(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof ExactNumber) return true;
  let found = false;
  for (const item of Object.values(value)) found = look(item) || found;
  if (found) holders.add(value);
  return found;
}

/** Copies a value, with each exact number mapped. */
export function mapExact(value: JsonValue, map: (number: ExactNumber) => JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return map(value);
  if (Array.isArray(value)) return value.map((item) => mapExact(item, map));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapExact(item, map)]));
}

/** Copies a value with doubles instead of exact numbers; the value itself if it has none. */
export function toDoubles<T extends JsonValue>(value: T): T {
  return holdsExact(value) ? (mapExact(value, toDouble) as T) : value;
}

/** Converts an exact number to a double; returns anything else unchanged. */
export function toDouble<T>(value: T): Exclude<T, ExactNumber> | number {
  // JSON does not distinguish -0 from 0.
  return value instanceof ExactNumber ? value.value || 0 : (value as Exclude<T, ExactNumber>);
}

/** Like `toDoubles`, for code that decides about a call: a whole number that a double would round becomes a string. */
export function toSafeDoubles<T extends JsonValue>(value: T): T {
  return holdsExact(value) ? (mapExact(value, toSafeDouble) as T) : value;
}

function toSafeDouble(number: ExactNumber): number | string {
  return doubleFault(number) === undefined ? toDouble(number) : number.text;
}

/** Restores the exact numbers of `given` in `changed`, a modified copy of `toSafeDoubles(given)`. */
export function restoreExact(changed: JsonValue, given: JsonValue | undefined): JsonValue {
  return holdsExact(given) ? noteExact(restore(changed, given)) : changed;
}

function restore(changed: JsonValue, given: JsonValue | undefined): JsonValue {
  if (given instanceof ExactNumber) return Object.is(changed, toSafeDouble(given)) ? given : changed;
  if (Array.isArray(changed)) return Array.isArray(given) ? changed.map((item, i) => restore(item, given[i])) : changed;
  if (!isJsonObject(changed) || !isJsonObject(given)) return changed;
  const entries = Object.entries(changed);
  return Object.fromEntries(entries.map(([key, item]) => [key, restore(item, Object.hasOwn(given, key) ? given[key] : undefined)]));
}

/** The first exact number with a fault, with its path from the root; undefined if there is none. */
export function findFault(
  value: JsonValue,
  faultOf: (number: ExactNumber) => string | undefined = ({ fault }) => fault,
): { readonly path: string; readonly fault: string } | undefined {
  return holdsExact(value) ? search(value, '', faultOf) : undefined;
}

function search(
  value: JsonValue,
  path: string,
  faultOf: (number: ExactNumber) => string | undefined,
): { readonly path: string; readonly fault: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ExactNumber) {
    const fault = faultOf(value);
    return fault === undefined ? undefined : { path, fault };
  }
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const found = search(item, path === '' ? key : `${path}.${key}`, faultOf);
    if (found) return found;
  }
  return undefined;
}

/** Why code that calculates with doubles cannot use a number; undefined if it can. */
export function doubleFault(number: ExactNumber): string | undefined {
  return number.doubleFault;
}
