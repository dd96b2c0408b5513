import { MIN_LENGTH_INSIDE_WORDS } from './secret-forms.ts';

const HASHES = 1 << 16;
const WORD = /[A-Za-z0-9_]/;
/** An escape of JSON or of addresses in front of a text: its letters belong to no word. */
const ESCAPED = /(?:(?:\\|%5[Cc])(?:[bfnrt]|u[0-9A-Fa-f]{4})|%(?:25)?[0-9A-Fa-f]{2})$/;
const MAX_ESCAPE_LENGTH = 8;

/**
 * Finds any of thousands of texts in one pass: the first three characters lead to the few texts that can follow. A regular
 * expression of as many alternatives takes seconds to compile and a thousand times as long to run.
 */
export class SecretIndex {
  readonly #hits = new Uint8Array(HASHES);
  readonly #buckets = new Map<number, string[]>();

  /** Adds a text of at least three characters. */
  add(form: string): void {
    const hash = hashOf(form.charCodeAt(0), form.charCodeAt(1), form.charCodeAt(2));
    const bucket = this.#buckets.get(hash) ?? [];
    if (bucket.includes(form)) return;
    bucket.push(form);
    // The longest first, so that a part of a secret leaves no rest of it.
    bucket.sort((a, b) => b.length - a.length);
    this.#buckets.set(hash, bucket);
    this.#hits[hash] = 1;
  }

  /** The same text with every known one replaced by `mask`. */
  mask(text: string, mask: string): string {
    if (this.#buckets.size === 0) return text;
    let output = '';
    let from = 0;
    let [first, second] = [text.charCodeAt(0), text.charCodeAt(1)];
    for (let at = 0; at < text.length - 2; at++) {
      const third = text.charCodeAt(at + 2);
      const hash = hashOf(first, second, third);
      first = second;
      second = third;
      if (this.#hits[hash] === 0) continue;
      const found = (this.#buckets.get(hash) as string[]).find((form) => text.startsWith(form, at) && isWhole(text, at, form));
      if (found === undefined) continue;
      output += text.slice(from, at) + mask;
      from = at + found.length;
      at = from - 1;
      first = text.charCodeAt(from);
      second = text.charCodeAt(from + 1);
    }
    return from === 0 ? text : output + text.slice(from);
  }
}

function hashOf(first: number, second: number, third: number): number {
  return (first * 961 + second * 31 + third) & (HASHES - 1);
}

function isWhole(text: string, at: number, { length }: string): boolean {
  if (length >= MIN_LENGTH_INSIDE_WORDS) return true;
  if (WORD.test(text.charAt(at + length))) return false;
  return !WORD.test(text.charAt(at - 1)) || ESCAPED.test(text.slice(Math.max(0, at - MAX_ESCAPE_LENGTH), at));
}
