interface Trims {
  readonly before: boolean;
  readonly after: boolean;
}

/** Collects the literal and interpolated parts of a template. */
export class TextParts<Filled extends object> {
  readonly #parts: (string | Filled)[] = [];
  readonly #trims: Trims[] = [];
  #text = '';

  add(text: string): void {
    this.#text += text;
  }

  /** `trims`: the sides on which white space is removed. */
  fillIn(filled: Filled, trims: Trims): void {
    this.#parts.push(this.#text, filled);
    this.#trims.push(trims);
    this.#text = '';
  }

  /** All parts of a quoted string: literal text at even positions, interpolations between. */
  quoted(): (string | Filled)[] {
    return this.#trimmed([...this.#parts, this.#text], /^\s+/, /\s+$/);
  }

  /** All parts of a heredoc. Trimming does not cross lines. */
  heredoc(indented: boolean): (string | Filled)[] {
    const all = [...this.#parts, this.#text].map((part) => (typeof part === 'string' ? part.replaceAll('\r\n', '\n') : part));
    return this.#trimmed(indented ? withoutIndent(all) : all, /^[ \t]*\n?/, /[ \t]+$/);
  }

  #trimmed(parts: (string | Filled)[], start: RegExp, end: RegExp): (string | Filled)[] {
    return parts.map((part, i) => {
      if (typeof part !== 'string') return part;
      const text = this.#trims[i / 2 - 1]?.after ? part.replace(start, '') : part;
      return this.#trims[i / 2]?.before ? text.replace(end, '') : text;
    });
  }
}

function withoutIndent<Part>(parts: readonly Part[]): Part[] {
  const lines = parts
    .map((part) => (typeof part === 'string' ? part : '\u0000'))
    .join('')
    .split('\n');
  const indents = lines
    .slice(0, -1)
    .filter((line) => line.trim() !== '')
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const least = indents.length === 0 ? 0 : Math.min(...indents);
  // Only the first part starts at the beginning of a line.
  const [first, later] = [new RegExp(`(^|\n)[ \t]{0,${least}}`, 'g'), new RegExp(`(\n)[ \t]{0,${least}}`, 'g')];
  return parts.map((part, i) => (typeof part === 'string' ? (part.replace(i === 0 ? first : later, '$1') as Part) : part));
}
