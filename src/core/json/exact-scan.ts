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
/** JavaScript writes whole numbers with up to this many digits unchanged, and fractions too, unless they are tiny. */
const SAFE_DIGITS = 15;
/** JavaScript writes no double with more characters. */
const MAX_DOUBLE_LENGTH = 25;
/** Above this length `indexOf` is faster than a loop over the bytes. */
const SHORT_STRING = 64;
const NON_FINITE = ['NaN', 'Infinity'];

/** The bytes of a JSON text, which are faster to scan than its characters. */
export class JsonBytes {
  readonly bytes: Buffer;
  #text: string | undefined;

  /** `text`: the decoded bytes, if the caller has them. */
  constructor(bytes: Buffer, text?: string) {
    this.bytes = bytes;
    if (text?.length === bytes.length) this.#text = text;
  }

  /** One character for each byte. */
  get text(): string {
    this.#text ??= this.bytes.toString('latin1');
    return this.#text;
  }

  /** Index of the closing quote of the string that begins at `from`, or the length of the text. */
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

  /** Index behind the number that begins at `from`; its bitwise complement if JavaScript would write the number differently. */
  endOfNumber(from: number): number {
    const { bytes } = this;
    let at = from;
    let c = bytes[at] as number;
    if (c === MINUS) c = bytes[++at] as number;
    const first = at;
    while (c >= ZERO && c <= NINE) c = bytes[++at] as number;
    if (c === DOT || (c | 32) === SMALL_E) return this.#endOfFraction(from, first, at);
    const digits = at - first;
    if (digits > SAFE_DIGITS) return this.#isCanonical(from, at) ? at : ~at;
    return first > from && digits === 1 && bytes[first] === ZERO ? ~at : at;
  }

  #endOfFraction(from: number, first: number, dot: number): number {
    const { bytes } = this;
    let at = dot;
    if (bytes[at] === DOT) at = this.#endOfDigits(at + 1);
    if (((bytes[at] as number) | 32) === SMALL_E) {
      const sign = bytes[at + 1];
      at = this.#endOfDigits(at + (sign === MINUS || sign === PLUS ? 2 : 1));
      return this.#isCanonical(from, at) ? at : ~at;
    }
    const last = bytes[at - 1];
    if (last === ZERO || last === DOT) return ~at;
    // A double keeps this many digits; JavaScript uses an exponent below 0.000001.
    const isTiny = bytes[first] === ZERO && bytes[dot + 1] === ZERO && bytes[dot + 2] === ZERO;
    if (!isTiny && at - first - 1 <= SAFE_DIGITS) return at;
    return this.#isCanonical(from, at) ? at : ~at;
  }

  #endOfDigits(from: number): number {
    const { bytes } = this;
    let at = from;
    for (let c = bytes[at] as number; c >= ZERO && c <= NINE; ) c = bytes[++at] as number;
    return at;
  }

  #isCanonical(from: number, to: number): boolean {
    if (to - from > MAX_DOUBLE_LENGTH) return false;
    const token = this.text.slice(from, to);
    return String(Number(token)) === token;
  }

  /**
   * Finds numbers that JavaScript would write differently, as alternating start and end indexes; undefined if there are
   * none. `nonFinite`: also finds NaN and Infinity.
   */
  findExact(nonFinite = false): number[] | undefined {
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
      } else if (nonFinite && (c === LETTER_N || c === LETTER_I)) {
        const word = NON_FINITE.find((one) => bytes.toString('latin1', i, i + one.length) === one);
        if (word === undefined) continue;
        found ??= [];
        found.push(bytes[i - 1] === MINUS ? i - 1 : i, i + word.length);
        i += word.length - 1;
      }
    }
    return found;
  }
}
