import { MIN_LENGTH_INSIDE_WORDS } from './secret-forms.ts';

const HASHES = 1 << 16;
const WORD = /[A-Za-z0-9_]/;
/** A JSON or URL escape before a text; its letters are not part of a word. */
const ESCAPED = /(?:(?:\\|%5[Cc])(?:[bfnrt]|u[0-9A-Fa-f]{4})|%(?:25)?[0-9A-Fa-f]{2})$/;
const MAX_ESCAPE_LENGTH = 8;

/**
 * Finds any of thousands of texts in one pass, with a hash of three characters. A regular expression with as many
 * alternatives takes seconds to compile and runs a thousand times slower.
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
    // The longest first, so that no rest of a longer secret stays behind.
    bucket.sort((a, b) => b.length - a.length);
    this.#buckets.set(hash, bucket);
    this.#hits[hash] = 1;
  }

  /** Replaces every known text with `mask`. */
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
