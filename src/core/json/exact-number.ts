import { randomUUID } from 'node:crypto';

// Captured before any plugin is loaded: an in-process plugin may replace JSON.stringify.
const { stringify } = JSON;

/** Prefix of a string that stands for an exact number. Random, so untrusted input cannot contain it. */
const MARK = `exact-${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
/** Longest number that is accepted, in characters; parsers of other languages read at least as many. */
const MAX_LENGTH = 1_000;
const WHOLE = /^-?\d+$/;
const NON_FINITE = /^-?[A-Z]/;

type Mode = 'texts' | 'exact' | 'doubles';

let mode: Mode = 'texts';
let written = false;

/**
 * A number that JavaScript would write differently: 9007199254740993, 1.0, 1e2. An instance survives copies of the objects
 * around it, which a side table would not. Code that does not know this class serialises it as a string, so it is never
 * rounded by accident.
 */
export class ExactNumber {
  /** The number as it was sent. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The nearest double; a whole number beyond the range of doubles becomes the largest double. */
  get value(): number {
    const value = Number(this.text);
    return Number.isFinite(value) || !this.isWhole ? value : Math.sign(value) * Number.MAX_VALUE;
  }

  /** Whether it has neither a fraction nor an exponent. */
  get isWhole(): boolean {
    return WHOLE.test(this.text);
  }

  /** Whether it is NaN or Infinity, which some programs write into JSON. */
  get isNonFinite(): boolean {
    return NON_FINITE.test(this.text);
  }

  /** Why the number is rejected, as the end of a sentence; undefined if it is valid. */
  get fault(): string | undefined {
    if (this.isNonFinite) return `is ${this.text}, which is not a number in JSON`;
    if (this.text.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} characters`;
    return Number.isFinite(this.value) ? undefined : 'is too large';
  }

  /** Like `fault`, but also rejects a whole number that a double would round. */
  get doubleFault(): string | undefined {
    if (this.fault !== undefined) return this.fault;
    if (!this.isWhole || BigInt(this.value) === BigInt(this.text)) return undefined;
    return 'is a whole number beyond 2^53-1 that JavaScript would round';
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string | number | null {
    if (mode === 'texts') return this.text;
    if (this.isNonFinite) return null;
    if (mode === 'doubles') return this.doubleFault === undefined ? this.value || 0 : this.text;
    written = true;
    return mark(this.text);
  }
}

/** Serialises a value with its numbers as they were sent. Values without exact numbers cost nothing extra. */
export function toJsonText(value: unknown, replacer?: (key: string, item: never) => unknown, space?: number): string {
  mode = 'exact';
  written = false;
  try {
    const text = stringify(value, replacer as Parameters<typeof stringify>[1], space);
    return written ? unmark(text) : text;
  } finally {
    mode = 'texts';
  }
}

/** Serialises a value with doubles; a whole number that a double would round becomes a string. */
export function toDoublesText(value: unknown): string {
  mode = 'doubles';
  try {
    return stringify(value);
  } finally {
    mode = 'texts';
  }
}

/** A string that stands for a number until `unmark` or `fromMark` restores it. */
export function mark(number: string): string {
  return MARK + number;
}

/** Whether a string stands for a number. */
export function isMarked(text: string): boolean {
  return text.startsWith(MARK);
}

/** The number that a marked string stands for. */
export function fromMark(text: string): ExactNumber {
  return new ExactNumber(text.slice(MARK.length));
}

/** Replaces the marked strings of a JSON text with their numbers. */
export function unmark(json: string): string {
  return json.includes(MARK) ? json.replace(MARKED, '$1') : json;
}
