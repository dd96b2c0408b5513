const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const LETTER_I = 73;
const LETTER_N = 78;
const BACKSLASH = 92;
const SMALL_E = 101;
/** A whole number of so many digits is always written as it came; a fraction of so many, unless it is a tiny one. */
const SAFE_DIGITS = 15;
/** No double is written with more characters. */
const MAX_DOUBLE_LENGTH = 25;
/** From here on the engine's own search is faster than looking at each byte. */
const SHORT_STRING = 64;
const WORDS = ['NaN', 'Infinity'];

/** The bytes of a JSON text, which are faster to look at than its characters. */
export class JsonBytes {
  readonly bytes: Buffer;
  #text: string | undefined;

  /** `text`: what the bytes say, where it is there already. */
  constructor(bytes: Buffer, text?: string) {
    this.bytes = bytes;
    if (text?.length === bytes.length) this.#text = text;
  }

  /** One character for each byte. */
  get text(): string {
    this.#text ??= this.bytes.toString('latin1');
    return this.#text;
  }

  /** Where the string that begins at `from` ends: its closing quote, or the end of the text. */
  endOfString(from: number): number {
    const { bytes } = this;
    const far = Math.min(from + SHORT_STRING, bytes.length);
    let at = from + 1;
    for (; at < far; at++) {
      const c = bytes[at];
      if (c === QUOTE) return at;
      if (c === BACKSLASH) at++;
    }
    if (at >= bytes.length) return bytes.length;
    const { text } = this;
    for (at = text.indexOf('"', at); at >= 0; at = text.indexOf('"', at + 1)) {
      let back = at - 1;
      while (bytes[back] === BACKSLASH) back--;
      if ((at - back) % 2 === 1) return at;
    }
    return bytes.length;
  }

  /**
   * Where the number ends that begins at `from`. The complement of that place where JavaScript would write it in another
   * way than it stands there.
   */
  endOfNumber(from: number): number {
    const { bytes } = this;
    let at = from;
    let c = bytes[at] as number;
    if (c === MINUS) c = bytes[++at] as number;
    const first = at;
    while (c >= ZERO && c <= NINE) c = bytes[++at] as number;
    if (c === DOT || (c | 32) === SMALL_E) return this.#endOfFraction(from, first, at);
    const digits = at - first;
    if (digits > SAFE_DIGITS) return this.#isWrittenSo(from, at) ? at : ~at;
    return first > from && digits === 1 && bytes[first] === ZERO ? ~at : at;
  }

  #endOfFraction(from: number, first: number, dot: number): number {
    const { bytes } = this;
    let at = dot;
    if (bytes[at] === DOT) at = this.#endOfDigits(at + 1);
    if (((bytes[at] as number) | 32) === SMALL_E) {
      const sign = bytes[at + 1];
      at = this.#endOfDigits(at + (sign === MINUS || sign === PLUS ? 2 : 1));
      return this.#isWrittenSo(from, at) ? at : ~at;
    }
    const last = bytes[at - 1];
    if (last === ZERO || last === DOT) return ~at;
    // A double keeps so many digits; only below 0.000001 it is written with an exponent.
    const isTiny = bytes[first] === ZERO && bytes[dot + 1] === ZERO && bytes[dot + 2] === ZERO;
    if (!isTiny && at - first - 1 <= SAFE_DIGITS) return at;
    return this.#isWrittenSo(from, at) ? at : ~at;
  }

  #endOfDigits(from: number): number {
    const { bytes } = this;
    let at = from;
    for (let c = bytes[at] as number; c >= ZERO && c <= NINE; ) c = bytes[++at] as number;
    return at;
  }

  #isWrittenSo(from: number, to: number): boolean {
    if (to - from > MAX_DOUBLE_LENGTH) return false;
    const token = this.text.slice(from, to);
    return String(Number(token)) === token;
  }

  /**
   * The places, begin and end in turn, of the numbers that JavaScript would write in another way; undefined where there
   * are none. `words`: the words that some programs write for what is no number count too.
   */
  findExact(words = false): number[] | undefined {
    const { bytes } = this;
    let found: number[] | undefined;
    for (let i = 0; i < bytes.length; i++) {
      const c = bytes[i] as number;
      if (c === QUOTE) {
        i = this.endOfString(i);
      } else if (c <= NINE) {
        if (c < MINUS) continue;
        const end = this.endOfNumber(i);
        if (end < 0) {
          found ??= [];
          found.push(i, ~end);
          i = ~end - 1;
        } else if (end > i) i = end - 1;
      } else if (words && (c === LETTER_N || c === LETTER_I)) {
        const word = WORDS.find((one) => bytes.toString('latin1', i, i + one.length) === one);
        if (word === undefined) continue;
        found ??= [];
        found.push(bytes[i - 1] === MINUS ? i - 1 : i, i + word.length);
        i += word.length - 1;
      }
    }
    return found;
  }
}
