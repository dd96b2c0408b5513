import { toDecimal } from '../../core/json/decimal.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import type { JsonValue } from '../../core/json/json.ts';

/** The position of a checked value, as Ajv passes it to keywords. */
export interface Place {
  readonly parentData: unknown;
  readonly parentDataProperty: string | number;
}

let originals: WeakMap<object, JsonValue> | undefined;

/** Runs a check on a copy with doubles. Keywords get the exact numbers with `originalOf`. */
export function withOriginals<T>(value: JsonValue, check: (copy: JsonValue) => T): T {
  originals = new WeakMap();
  try {
    return check(copyOf(value));
  } finally {
    originals = undefined;
  }
}

/** The value as the client sent it. */
export function originalOf(data: JsonValue, { parentData, parentDataProperty }: Place): JsonValue {
  if (!originals) return data;
  if (typeof data === 'object' && data !== null) return originals.get(data) ?? data;
  if (typeof data !== 'number' || typeof parentData !== 'object' || parentData === null) return data;
  const parent = originals.get(parentData) as Record<string | number, JsonValue> | undefined;
  return parent?.[parentDataProperty] ?? data;
}

function copyOf(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return standIn(value);
  const copy = Array.isArray(value)
    ? value.map(copyOf)
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]));
  originals?.set(copy, value);
  return copy;
}

// Ajv's own code only tests whether it is an integer; our keywords use the original.
function standIn(number: ExactNumber): number {
  const isWhole = toDecimal(number).exponent >= 0;
  const { value } = number;
  return isWhole === Number.isInteger(value) ? value || 0 : isWhole ? 1 : 0.5;
}
