import { HclError, type Place, type Token, tokenise } from './lexer.ts';

/** The tokens of an unparsed expression; most of a file is never evaluated. */
export type Expression = readonly Token[];

/** A block: its kind, labels and body. */
export interface Block extends Place {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

/** A named expression. */
export interface Attribute extends Place {
  readonly expression: Expression;
}

const MAX_DEPTH = 50;

/** Parses the blocks of a file. Throws an HclError if the file is malformed. */
export function parseHcl(source: string): readonly Block[] {
  const parser = new Parser(tokenise(source));
  return parser.body('end', 0).blocks;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  body(until: 'end' | '}', depth: number): Pick<Block, 'attributes' | 'blocks'> {
    const attributes = new Map<string, Attribute>();
    const blocks: Block[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === 'newline') continue;
      if (token.kind === 'end' ? until === 'end' : until === '}' && isMark(token, '}')) return { attributes, blocks };
      if (token.kind !== 'name') throw new HclError(`unexpected ${show(token)}; expected a name`, token);
      if (depth > MAX_DEPTH) throw new HclError('blocks are nested too deep', token);
      if (isMark(this.#peek(), '=')) {
        this.#next();
        if (attributes.has(token.text)) throw new HclError(`"${token.text}" is set twice in one block`, token);
        attributes.set(token.text, { expression: this.#expression(), line: token.line, column: token.column });
      } else blocks.push(this.#block(token, token.text, depth));
    }
  }

  #block(place: Place, type: string, depth: number): Block {
    const labels: string[] = [];
    for (;;) {
      const token = this.#next();
      if (isMark(token, '{')) break;
      if (token.kind === 'name') labels.push(token.text);
      else if (token.kind === 'text' && token.parts.length === 1) labels.push(token.parts[0] as string);
      else throw new HclError(`unexpected ${show(token)}; expected "=" or "{"`, token);
    }
    return { type, labels, ...this.body('}', depth + 1), line: place.line, column: place.column };
  }

  // Reads up to the end of the line, or to the bracket that closes a one-line block. Brackets may span lines.
  #expression(): Expression {
    const tokens: Token[] = [];
    for (let depth = 0; ; ) {
      const token = this.#peek();
      if (token.kind === 'end' || (depth === 0 && (token.kind === 'newline' || isMark(token, '}')))) break;
      if (token.kind === 'mark' && '{(['.includes(token.text)) depth++;
      if (token.kind === 'mark' && '})]'.includes(token.text)) depth--;
      tokens.push(this.#next());
    }
    if (tokens.length === 0) throw new HclError('a value is missing', this.#peek());
    return tokens;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }
}

/** Whether a token is a certain punctuation mark. */
export function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}

/** Describes a token in a message. */
export function show(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of file';
    case 'newline':
      return 'end of line';
    case 'text':
      return 'string';
    default:
      return `"${token.text}"`;
  }
}
