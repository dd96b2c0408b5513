import { randomUUID } from 'node:crypto';

// Taken before any plugin runs: what one does to the JSON of its process must not reach the gateway.
const { stringify } = JSON;

/** What an exact number becomes on its way through code that knows texts alone. No text from outside can begin with it. */
const MARK = `exact-${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
/** Longer than any number that a program calculates with, and within what other languages read. */
const MAX_LENGTH = 1_000;
const WHOLE = /^-?\d+$/;
const WORD = /^-?[A-Z]/;

type Mode = 'texts' | 'exact' | 'doubles';

let mode: Mode = 'texts';
let written = false;

/**
 * A number that a double would not be written as: 9007199254740993, 1.0, 1e2. A value of a class of its own, and no side
 * table, since objects are copied in many places: a copy takes it along, and code that knows nothing of it finds neither a
 * number nor an object, and serialises it as a text. Nothing can round it by accident.
 */
export class ExactNumber {
  /** As it was sent. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The nearest double; a whole number that is larger than all doubles is the largest of them. */
  get value(): number {
    const value = Number(this.text);
    return Number.isFinite(value) || !this.isWhole ? value : Math.sign(value) * Number.MAX_VALUE;
  }

  /** Whether it is written without a fraction and an exponent. */
  get isWhole(): boolean {
    return WHOLE.test(this.text);
  }

  /** Whether it is NaN or infinity, which some programs write into JSON. */
  get isWord(): boolean {
    return WORD.test(this.text);
  }

  /** Why nobody can take it, as the end of a sentence; undefined where it is a number like others. */
  get fault(): string | undefined {
    if (this.isWord) return `is ${this.text}, which is no number in JSON`;
    if (this.text.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} characters`;
    return Number.isFinite(this.value) ? undefined : 'is too large';
  }

  /** The same for code that calculates in doubles: neither can that take a whole number which a double would round. */
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
    if (this.isWord) return null;
    if (mode === 'doubles') return this.doubleFault === undefined ? this.value || 0 : this.text;
    written = true;
    return mark(this.text);
  }
}

/** The JSON text of a value with its numbers as they were sent. Costs a value without exact numbers nothing. */
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

/** The same in doubles; a whole number that a double would round is a text. */
export function toDoublesText(value: unknown): string {
  mode = 'doubles';
  try {
    return stringify(value);
  } finally {
    mode = 'texts';
  }
}

/** A number as a text that stands for it until `unmark` or `fromMark`. */
export function mark(number: string): string {
  return MARK + number;
}

/** Whether a text stands for a number. */
export function isMarked(text: string): boolean {
  return text.startsWith(MARK);
}

/** The number that a text stands for. */
export function fromMark(text: string): ExactNumber {
  return new ExactNumber(text.slice(MARK.length));
}

/** A JSON text with numbers where texts stood for them. */
export function unmark(json: string): string {
  return json.includes(MARK) ? json.replace(MARKED, '$1') : json;
}
