interface Trims {
  readonly before: boolean;
  readonly after: boolean;
}

/** A text while it is read: what stands in it, and what is filled in between. */
export class TextParts<Filled extends object> {
  readonly #parts: (string | Filled)[] = [];
  readonly #trims: Trims[] = [];
  #text = '';

  add(text: string): void {
    this.#text += text;
  }

  /** `trims`: the sides on which white space goes with it. */
  fillIn(filled: Filled, trims: Trims): void {
    this.#parts.push(this.#text, filled);
    this.#trims.push(trims);
    this.#text = '';
  }

  /** All of a text in quotes: texts in the first and every second place, what is filled in between them. */
  quoted(): (string | Filled)[] {
    return this.#trimmed([...this.#parts, this.#text], /^\s+/, /\s+$/);
  }

  /** All of a heredoc, whose lines are trimmed each by itself. */
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
  // Only the first part starts a line by itself.
  const [first, later] = [new RegExp(`(^|\n)[ \t]{0,${least}}`, 'g'), new RegExp(`(\n)[ \t]{0,${least}}`, 'g')];
  return parts.map((part, i) => (typeof part === 'string' ? (part.replace(i === 0 ? first : later, '$1') as Part) : part));
}
