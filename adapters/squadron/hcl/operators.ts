import { HclError, type Place } from './lexer.ts';
import { HclNumber, type HclValue } from './values.ts';

/** Precedence of the binary operators. */
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

/** Applies a binary operator. */
export function combine(operator: string, left: HclValue, right: HclValue, place: Place): HclValue {
  if (operator === '==' || operator === '!=') return isSame(left, right) === (operator === '==');
  if (operator === '&&') return toTruth(left, place) && toTruth(right, place);
  if (operator === '||') return toTruth(left, place) || toTruth(right, place);
  const result = ARITHMETIC[operator]?.(toNumber(left, place), toNumber(right, place));
  if (typeof result === 'boolean') return result;
  if (result === undefined || !Number.isFinite(result)) throw new HclError(`the result of "${operator}" is not a number`, place);
  return new HclNumber(String(result));
}

/** Converts to a boolean; accepts the strings "true" and "false". */
export function toTruth(value: HclValue, place: Place): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new HclError('expected true or false', place);
}

/** Converts to a number; accepts numeric strings. */
export function toNumber(value: HclValue, place: Place): number {
  const number =
    value instanceof HclNumber ? Number(value.text) : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new HclError('expected a number', place);
  return number;
}

function isSame(left: HclValue, right: HclValue): boolean {
  if (left instanceof HclNumber && right instanceof HclNumber) return left.text === right.text;
  return left === right || (typeof left === 'object' && typeof right === 'object' && JSON.stringify(left) === JSON.stringify(right));
}
