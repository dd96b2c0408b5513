import { toDecimalText } from '../settings.ts';
import type { Token } from './lexer.ts';

/** A number with all digits preserved. */
export class HclNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = toDecimalText(text);
  }
}

/** The value of an expression. */
export type HclValue = string | boolean | null | HclNumber | HclValue[] | { [key: string]: HclValue };

/** Whether a value is an object. */
export function isObject(value: HclValue | undefined): value is { [key: string]: HclValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof HclNumber);
}

/** A value as string content; undefined for lists and objects. */
export function toText(value: HclValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof HclNumber) return value.text;
  return value === null ? '' : undefined;
}

/** Names and functions available to expressions. */
export interface Scope {
  /** The value of a name such as `vars.token`. */
  read(path: readonly string[], place: Token): HclValue;
  call(name: string, args: readonly HclValue[], place: Token): HclValue;
}
