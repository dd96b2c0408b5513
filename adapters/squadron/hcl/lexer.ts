import { TextParts } from './text-parts.ts';

/** A position in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A fault in a file, with its position. */
export class HclError extends Error {
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/** A part of a template: literal text or an interpolated expression. */
export type Part = string | readonly Token[];

interface Word extends Place {
  readonly kind: 'name' | 'number' | 'mark';
  readonly text: string;
}

/** A quoted string or heredoc. */
export interface TextToken extends Place {
  readonly kind: 'text';
  readonly parts: readonly Part[];
}

interface Silent extends Place {
  readonly kind: 'newline' | 'end';
}

/** A lexical token. */
export type Token = Word | TextToken | Silent;

const SPACE = /[ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEREDOC = /<<(-?)([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\r?\n/uy;
const MARK = /&&|\|\||==|!=|<=|>=|=>|\.\.\.|[{}()[\]=,.:?!<>+\-*/%]/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** Splits a file into tokens. */
export function tokenise(source: string): Token[] {
  return new Lexer(source.replace(/^\ufeff/, '')).run(undefined);
}

class Lexer {
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  /** Whether the last interpolation ended with "~". */
  #trimsAfter = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** Returns the tokens up to the end of the file, or up to the bracket that closes an interpolation. */
  run(close: Place | undefined): Token[] {
    const tokens: Token[] = [];
    for (let depth = 0; ; ) {
      this.#match(SPACE);
      const place = this.#place();
      if (this.#at >= this.#source.length) {
        if (close) throw new HclError('"${" is not closed', close);
        tokens.push({ kind: 'end', ...place });
        return tokens;
      }
      const next = this.#source[this.#at];
      if (next === '\n') {
        this.#at++;
        this.#newLine();
        tokens.push({ kind: 'newline', ...place });
        continue;
      }
      if (close && depth === 0 && (next === '}' || this.#starts('~}'))) {
        this.#at += next === '}' ? 1 : 2;
        this.#trimsAfter = next === '~';
        tokens.push({ kind: 'end', ...place });
        return tokens;
      }
      if (next === '{') depth++;
      if (next === '}') depth--;
      tokens.push(this.#token(place));
    }
  }

  #token(place: Place): Token {
    if (this.#source[this.#at] === '"') return this.#quoted(place);
    const heredoc = this.#match(HEREDOC);
    if (heredoc) return this.#heredoc(heredoc[1] === '-', heredoc[2] as string, place);
    for (const [kind, pattern] of [
      ['name', NAME],
      ['number', NUMBER],
      ['mark', MARK],
    ] as const) {
      const found = this.#match(pattern);
      if (found) return { kind, text: found[0], ...place };
    }
    throw new HclError(`"${String.fromCodePoint(this.#source.codePointAt(this.#at) as number)}" is unexpected`, place);
  }

  #quoted(place: Place): Token {
    this.#at++;
    const text = new TextParts<readonly Token[]>();
    for (;;) {
      const next = this.#source[this.#at];
      if (next === undefined || next === '\n') throw new HclError('unterminated string', place);
      if (next === '"') break;
      if (next === '\\') text.add(this.#escape());
      else this.#plainOrFilledIn(text);
    }
    this.#at++;
    return { kind: 'text', parts: text.quoted(), ...place };
  }

  // Reads a heredoc up to the line with its delimiter.
  #heredoc(indented: boolean, word: string, place: Place): Token {
    this.#newLine();
    const end = new RegExp(`^[ \\t]*${word}[ \\t]*\\r?$`, 'u');
    const text = new TextParts<readonly Token[]>();
    for (;;) {
      const stop = this.#source.indexOf('\n', this.#at);
      const line = this.#source.slice(this.#at, stop < 0 ? undefined : stop);
      if (end.test(line)) {
        this.#at += line.length;
        break;
      }
      if (stop < 0) throw new HclError(`the heredoc has no closing line "${word}"`, place);
      while (this.#at <= stop) {
        if (this.#source[this.#at] === '\n') {
          text.add('\n');
          this.#at++;
          this.#newLine();
          break;
        }
        this.#plainOrFilledIn(text);
      }
    }
    return { kind: 'text', parts: text.heredoc(indented), ...place };
  }

  #escape(): string {
    const place = this.#place();
    const unicode = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
    const found = this.#match(unicode);
    if (found) return String.fromCodePoint(Number.parseInt((found[1] ?? found[2]) as string, 16));
    const letter = this.#source[this.#at + 1] ?? '';
    const meant = ESCAPES[letter];
    if (meant === undefined) throw new HclError(`"\\${letter}" is not a valid escape`, place);
    this.#at += 2;
    return meant;
  }

  // One character, or an escaped "${" or "%{".
  #plain(): string {
    for (const [spelt, meant] of [
      ['$${', '${'],
      ['%%{', '%{'],
    ] as const) {
      if (!this.#starts(spelt)) continue;
      this.#at += spelt.length;
      return meant;
    }
    return this.#source[this.#at++] as string;
  }

  // A "~" in an interpolation trims the text on that side.
  #plainOrFilledIn(text: TextParts<readonly Token[]>): void {
    const directive = this.#starts('%{');
    if (!directive && !this.#starts('${')) return text.add(this.#plain());
    const place = this.#place();
    this.#at += 2;
    const before = this.#source[this.#at] === '~';
    if (before) this.#at++;
    const tokens = this.run(place);
    text.fillIn(directive ? [{ kind: 'mark', text: '%{', ...place }, ...tokens] : tokens, { before, after: this.#trimsAfter });
  }

  #starts(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    let last: RegExpExecArray | null = null;
    do {
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#source);
      if (!found) return last;
      last = found;
      for (let from = 0; ; ) {
        const newline = found[0].indexOf('\n', from);
        if (newline < 0 || pattern === HEREDOC) break;
        this.#line++;
        this.#lineStart = this.#at + newline + 1;
        from = newline + 1;
      }
      this.#at += found[0].length;
    } while (pattern === SPACE);
    return last;
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#at;
  }

  #place(): Place {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}
