import { ExactNumber } from './exact-number.ts';
import type { JsonValue } from './json.ts';

/** A decimal number: `digits * 10 ** exponent`. `digits` has no leading or trailing zeros; it is empty for zero. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const SPELLING = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;
/** Larger exponents are clamped to this. */
const FARTHEST = 1e15;

/** Converts an exact number by its text, a double by the text that JavaScript writes for it. */
export function toDecimal(number: number | ExactNumber): Decimal {
  return readDecimal(typeof number === 'number' ? String(number) : number.text) ?? ZERO;
}

const ZERO: Decimal = { negative: false, digits: '', exponent: 0 };

/** Reads a number in any common notation; undefined for other texts. */
function readDecimal(text: string): Decimal | undefined {
  const [, sign = '', whole = '', fraction = '', power = '0'] = SPELLING.exec(text) ?? [];
  const all = whole + fraction;
  if (all === '') return undefined;
  let [from, to] = [0, all.length];
  while (to > 0 && all[to - 1] === '0') to--;
  while (from < to && all[from] === '0') from++;
  if (from === to) return ZERO;
  const shift = Math.max(-FARTHEST, Math.min(FARTHEST, Number(power)));
  return { negative: sign === '-', digits: all.slice(from, to), exponent: shift - fraction.length + all.length - to };
}

/** Whether two texts denote the same number, of any size. */
export function isSameNumber(a: string, b: string): boolean {
  const [left, right] = [readDecimal(a), readDecimal(b)];
  return left !== undefined && right !== undefined && compareDecimals(left, right) === 0;
}

/** Whether `a` is larger than `b`, without rounding exact numbers. */
export function isLarger(a: number | ExactNumber, b: number | ExactNumber): boolean {
  return typeof a === 'number' && typeof b === 'number' ? a > b : compareDecimals(toDecimal(a), toDecimal(b)) > 0;
}

/** Negative if `a` is smaller, 0 if both are equal, positive if `a` is larger. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [signA, signB] = [signOf(a), signOf(b)];
  if (signA !== signB || signA === 0) return signA - signB;
  const places = a.digits.length + a.exponent - b.digits.length - b.exponent;
  if (places !== 0) return places * signA;
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -signA : signA;
}

function signOf({ negative, digits }: Decimal): number {
  return digits === '' ? 0 : negative ? -1 : 1;
}

/** Whether `number` is an integer multiple of `step`, which must not be zero. Cost grows with the number of digits. */
export function isMultipleOf(number: Decimal, step: Decimal): boolean {
  if (number.digits === '') return true;
  // The last digit is not zero, so no power of ten divides the digits.
  if (number.exponent < step.exponent) return false;
  const modulus = BigInt(step.digits);
  return ((BigInt(number.digits) % modulus) * powerOfTen(number.exponent - step.exponent, modulus)) % modulus === 0n;
}

function powerOfTen(exponent: number, modulus: bigint): bigint {
  let [result, base] = [1n % modulus, 10n % modulus];
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

/** The same text for values that are equal in JSON Schema: sorted keys, normalised numbers. */
export function comparableText(value: JsonValue): string {
  if (typeof value === 'number' || value instanceof ExactNumber) {
    const { negative, digits, exponent } = toDecimal(value);
    return `${negative ? '-' : ''}${digits}e${exponent}`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(comparableText).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${comparableText(value[key] as JsonValue)}`);
  return `{${members.join()}}`;
}
