/** A pattern in the syntax of the linear engine; `size` estimates the instructions of its program. */
export interface LinearPattern {
  readonly source: string;
  readonly size: number;
}

/** The engine's limit for repetitions, multiplied over nested ones. */
const MAX_REPEATED = 1_000;
const MAX_SIZE = 3_000;
const MAX_DEPTH = 100;
const DASH = 45;

const DIGITS = '0-9';
const WORDS = '0-9A-Z_a-z';
const BLANKS = ['\\x{9}-\\x{d} \\x{a0}\\x{1680}\\x{2000}-\\x{200a}', '\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'].join('');
const NO_DIGITS = '\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}';
const NO_WORDS = '\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}';
const NO_BLANKS = [
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}',
  '\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}',
].join('');
const EVERYTHING = '\\x{0}-\\x{10ffff}';
const SETS: ReadonlyMap<string, string> = new Map([
  ['d', DIGITS],
  ['D', NO_DIGITS],
  ['w', WORDS],
  ['W', NO_WORDS],
  ['s', BLANKS],
  ['S', NO_BLANKS],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);

/** The engine's short names of general categories, by short and long name. */
const CATEGORIES = new Map(
  [
    'L Letter,Lu Uppercase_Letter,Ll Lowercase_Letter,Lt Titlecase_Letter,Lm Modifier_Letter,Lo Other_Letter',
    'M Mark,Mn Nonspacing_Mark,Mc Spacing_Mark,Me Enclosing_Mark,N Number,Nd Decimal_Number,Nl Letter_Number,No Other_Number',
    'P Punctuation,Pc Connector_Punctuation,Pd Dash_Punctuation,Ps Open_Punctuation,Pe Close_Punctuation',
    'Pi Initial_Punctuation,Pf Final_Punctuation,Po Other_Punctuation',
    'S Symbol,Sm Math_Symbol,Sc Currency_Symbol,Sk Modifier_Symbol,So Other_Symbol',
    'Z Separator,Zs Space_Separator,Zl Line_Separator,Zp Paragraph_Separator',
  ]
    .join()
    .split(',')
    .flatMap((pair) => {
      const [short, long] = pair.split(' ') as [string, string];
      return [[short, short] as const, [long, short] as const];
    }),
);
/** Scripts that patterns use in practice; the engine has the same names. */
const SCRIPTS = new Set(
  'Latin Greek Cyrillic Armenian Hebrew Arabic Devanagari Bengali Tamil Telugu Thai Georgian Hangul Hiragana Katakana Han Ethiopic'.split(
    ' ',
  ),
);

/** Thrown if the engine cannot express a pattern, or if the pattern is invalid. */
class Untranslatable extends Error {}

/**
 * Translates an ECMA-262 pattern for the linear engine, whose syntax differs. Undefined if the engine cannot express it
 * (lookaround, back-references, more than 1,000 repetitions, large programs) or if it is invalid.
 */
export function toLinear(pattern: string): LinearPattern | undefined {
  try {
    return new Translator(pattern).translate();
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

/** A part of a pattern: its translation, program size, and the product of its nested repetitions. */
interface Part extends LinearPattern {
  readonly repeats: number;
}

class Translator {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  translate(): LinearPattern {
    const { source, size } = this.#alternatives(0);
    if (this.#at < this.#text.length) throw new Untranslatable();
    return { source, size };
  }

  #alternatives(depth: number): Part {
    if (depth > MAX_DEPTH) throw new Untranslatable();
    const parts = [this.#sequence(depth)];
    while (this.#take('|')) parts.push(this.#sequence(depth));
    return join(parts, '|');
  }

  #sequence(depth: number): Part {
    const parts: Part[] = [];
    while (this.#at < this.#text.length && !this.#sees('|') && !this.#sees(')')) parts.push(this.#term(depth));
    return join(parts, '');
  }

  #term(depth: number): Part {
    const start = this.#text[this.#at];
    if (start === '^' || start === '$') {
      this.#at++;
      return this.#bare(start === '^' ? '\\A' : '\\z');
    }
    if (start === '\\' && (this.#text[this.#at + 1] === 'b' || this.#text[this.#at + 1] === 'B')) {
      this.#at += 2;
      return this.#bare(`\\${this.#text[this.#at - 1]}`);
    }
    return this.#quantify(this.#atom(depth));
  }

  // Zero-width assertions must not be quantified.
  #bare(source: string): Part {
    if (this.#quantifier()) throw new Untranslatable();
    return { source, size: 1, repeats: 1 };
  }

  #atom(depth: number): Part {
    if (this.#take('(')) return this.#group(depth);
    if (this.#take('[')) return one(this.#set());
    if (this.#take('.')) return one('[^\\x{a}\\x{d}\\x{2028}\\x{2029}]');
    if (this.#sees('*') || this.#sees('+') || this.#sees('?') || this.#quantifier()) throw new Untranslatable();
    if (!this.#take('\\')) return one(literal(this.#character()));
    const set = this.#setEscape();
    return one(set === undefined ? literal(this.#characterEscape()) : `[${set}]`);
  }

  #group(depth: number): Part {
    if (this.#take('?') && !this.#take(':')) {
      const name = /^<[A-Za-z_$][A-Za-z0-9_$]*>/.exec(this.#text.slice(this.#at, this.#at + 100));
      if (!name) throw new Untranslatable();
      this.#at += name[0].length;
    }
    const { source, size, repeats } = this.#alternatives(depth + 1);
    if (!this.#take(')')) throw new Untranslatable();
    return { source: `(?:${source})`, size: size + 1, repeats };
  }

  #quantify(part: Part): Part {
    const found = this.#quantifier();
    if (!found) return part;
    const { source, min, max } = found;
    this.#at += source.length;
    this.#take('?');
    if (this.#sees('*') || this.#sees('+') || this.#sees('?') || this.#quantifier()) throw new Untranslatable();
    const times = max === Number.POSITIVE_INFINITY ? min + 1 : max;
    const size = part.size * Math.max(1, times) + 1;
    const repeats =
      part.repeats * (min > 1 || (max > 1 && max !== Number.POSITIVE_INFINITY) ? Math.max(min, Number.isFinite(max) ? max : 0) : 1);
    if (max < min || repeats > MAX_REPEATED || size > MAX_SIZE) throw new Untranslatable();
    return { source: part.source + source, size, repeats };
  }

  #quantifier(): { readonly source: string; readonly min: number; readonly max: number } | undefined {
    const sign = this.#text[this.#at];
    if (sign === '*') return { source: '*', min: 0, max: Number.POSITIVE_INFINITY };
    if (sign === '+') return { source: '+', min: 1, max: Number.POSITIVE_INFINITY };
    if (sign === '?') return { source: '?', min: 0, max: 1 };
    // Braces that are not a quantifier are literal.
    const [source, from, comma, to] = /^\{(\d{1,9})(,?)(\d{0,9})\}/.exec(this.#text.slice(this.#at, this.#at + 30)) ?? [];
    if (source === undefined || from === undefined || (comma === '' && to !== '')) return undefined;
    return { source, min: Number(from), max: comma === '' ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  }

  #set(): string {
    const negated = this.#take('^');
    const parts: string[] = [];
    while (!this.#take(']')) {
      if (this.#at >= this.#text.length) throw new Untranslatable();
      const low = this.#setMember();
      const isRange = this.#sees('-') && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length;
      if (!isRange || typeof low !== 'number') {
        parts.push(member(low));
        continue;
      }
      this.#at++;
      const high = this.#setMember();
      // Between a character and a class the dash is literal.
      if (typeof high !== 'number') parts.push(member(low), code(DASH), high);
      else if (low > high) throw new Untranslatable();
      else parts.push(`${code(low)}-${code(high)}`);
    }
    if (parts.length > 0) return `[${negated ? '^' : ''}${parts.join('')}]`;
    return negated ? `[${EVERYTHING}]` : `[^${EVERYTHING}]`;
  }

  #setMember(): number | string {
    if (!this.#take('\\')) return this.#character();
    if (this.#take('b')) return 8;
    return this.#setEscape() ?? this.#characterEscape();
  }

  /** A class escape without its brackets. */
  #setEscape(): string | undefined {
    const sign = this.#text[this.#at] ?? '';
    const known = SETS.get(sign);
    if (known !== undefined) {
      this.#at++;
      return known;
    }
    if (sign !== 'p' && sign !== 'P') return undefined;
    const [all, key, value] = /^[pP]\{(?:([A-Za-z_]+)=)?([A-Za-z_]+)\}/.exec(this.#text.slice(this.#at, this.#at + 100)) ?? [];
    if (all === undefined || value === undefined) throw new Untranslatable();
    this.#at += all.length;
    const isScript = key === 'Script' || key === 'sc';
    if (key !== undefined && !isScript && key !== 'General_Category' && key !== 'gc') throw new Untranslatable();
    const name = isScript ? (SCRIPTS.has(value) ? value : undefined) : CATEGORIES.get(value);
    if (name === undefined) throw new Untranslatable();
    return `\\${sign}{${name}}`;
  }

  #characterEscape(): number {
    const sign = this.#text[this.#at] ?? '';
    const control = CONTROLS.get(sign);
    if (control !== undefined) {
      this.#at++;
      return control;
    }
    const rest = this.#text.slice(this.#at, this.#at + 12);
    const [hex] = /^(?:x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4})/.exec(rest) ?? [];
    if (hex !== undefined) {
      this.#at += hex.length;
      return this.#whole(Number.parseInt(hex.replace(/[xu{}]/g, ''), 16));
    }
    if (/^c[A-Za-z]/.test(rest)) {
      this.#at += 2;
      return rest.charCodeAt(1) % 32;
    }
    if (/^0(?!\d)/.test(rest)) {
      this.#at++;
      return 0;
    }
    // Other letters and digits are back-references, or have a meaning in other dialects.
    if (sign === '' || /[A-Za-z0-9]/.test(sign)) throw new Untranslatable();
    return this.#character();
  }

  // A character may be written as a surrogate pair.
  #whole(value: number): number {
    if (value > 0x10ffff || (value >= 0xdc00 && value <= 0xdfff)) throw new Untranslatable();
    if (value < 0xd800 || value > 0xdbff) return value;
    const [low, digits] = /^\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})/.exec(this.#text.slice(this.#at, this.#at + 6)) ?? [];
    if (low === undefined || digits === undefined) throw new Untranslatable();
    this.#at += low.length;
    return (value - 0xd800) * 0x400 + (Number.parseInt(digits, 16) - 0xdc00) + 0x10000;
  }

  #character(): number {
    const value = this.#text.codePointAt(this.#at) as number;
    if (value >= 0xd800 && value <= 0xdfff) throw new Untranslatable();
    this.#at += value > 0xffff ? 2 : 1;
    return value;
  }

  #sees(sign: string): boolean {
    return this.#text[this.#at] === sign;
  }

  #take(sign: string): boolean {
    if (!this.#sees(sign)) return false;
    this.#at++;
    return true;
  }
}

function join(parts: readonly Part[], between: string): Part {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (size > MAX_SIZE) throw new Untranslatable();
  return { source: parts.map(({ source }) => source).join(between), size, repeats: Math.max(1, ...parts.map(({ repeats }) => repeats)) };
}

function one(source: string): Part {
  return { source, size: 1, repeats: 1 };
}

function literal(value: number): string {
  const text = String.fromCodePoint(value);
  return /^[A-Za-z0-9_ ]$/.test(text) ? text : code(value);
}

function member(value: number | string): string {
  return typeof value === 'number' ? code(value) : value;
}

function code(value: number): string {
  return `\\x{${value.toString(16)}}`;
}
