import { HclError, type Place } from './lexer.ts';
import { HclNumber, type HclValue } from './values.ts';

/** How tightly each operator between two values binds. */
export const BINDING: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number | boolean>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** What an operator between two values comes to. */
export function combine(operator: string, left: HclValue, right: HclValue, place: Place): HclValue {
  if (operator === '==' || operator === '!=') return isSame(left, right) === (operator === '==');
  if (operator === '&&') return toTruth(left, place) && toTruth(right, place);
  if (operator === '||') return toTruth(left, place) || toTruth(right, place);
  const result = ARITHMETIC[operator]?.(toNumber(left, place), toNumber(right, place));
  if (typeof result === 'boolean') return result;
  if (result === undefined || !Number.isFinite(result)) throw new HclError(`"${operator}" gives no number here`, place);
  return new HclNumber(String(result));
}

/** A value that must be true or false; a text that says so is one, too. */
export function toTruth(value: HclValue, place: Place): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new HclError('a value that is true or false is expected here', place);
}

/** A value that must be a number, or a text that is one. */
export function toNumber(value: HclValue, place: Place): number {
  const number =
    value instanceof HclNumber ? Number(value.text) : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new HclError('a number is expected here', place);
  return number;
}

function isSame(left: HclValue, right: HclValue): boolean {
  if (left instanceof HclNumber && right instanceof HclNumber) return left.text === right.text;
  return left === right || (typeof left === 'object' && typeof right === 'object' && JSON.stringify(left) === JSON.stringify(right));
}
