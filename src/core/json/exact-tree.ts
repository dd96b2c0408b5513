import { ExactNumber } from './exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** Objects and arrays with an exact number somewhere below, as the parser made them: asking costs other messages nothing. */
const holders = new WeakSet<object>();

/** Marks one object or array as a holder; false where it is one already. */
export function noteHolder(value: object): boolean {
  if (holders.has(value)) return false;
  holders.add(value);
  return true;
}

/** Whether there is an exact number in a value. Answers for what was parsed, and for copies that were noted. */
export function holdsExact(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && (holders.has(value) || value instanceof ExactNumber);
}

/** Makes `holdsExact` answer for a value that was put together here, and for all in it. */
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

/** A copy with something else in the place of each exact number. */
export function mapExact(value: JsonValue, map: (number: ExactNumber) => JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return map(value);
  if (Array.isArray(value)) return value.map((item) => mapExact(item, map));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapExact(item, map)]));
}

/** A copy with doubles in the place of exact numbers; the value itself where it has none. */
export function toDoubles<T extends JsonValue>(value: T): T {
  return holdsExact(value) ? (mapExact(value, toDouble) as T) : value;
}

/** A number as a double, whatever it was sent as; anything else as it is. */
export function toDouble<T>(value: T): Exclude<T, ExactNumber> | number {
  // JSON has one zero.
  return value instanceof ExactNumber ? value.value || 0 : (value as Exclude<T, ExactNumber>);
}

/** The same for code that decides about a call: a whole number that a double would round is a text there. */
export function toSafeDoubles<T extends JsonValue>(value: T): T {
  return holdsExact(value) ? (mapExact(value, toSafeDouble) as T) : value;
}

function toSafeDouble(number: ExactNumber): number | string {
  return doubleFault(number) === undefined ? toDouble(number) : number.text;
}

/** What some code made of `toSafeDoubles(given)`: numbers that it left as they were become exact again. */
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

/** The first exact number with a fault, with its path from the root; undefined where there is none. */
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

/** Why code that calculates in doubles cannot take a number: it is a whole one that a double would round, or has a fault. */
export function doubleFault(number: ExactNumber): string | undefined {
  return number.doubleFault;
}
