import { HclError, type TextToken, type Token } from './lexer.ts';
import { BINDING, combine, toTruth } from './operators.ts';
import { type Expression, isMark, show } from './parser.ts';
import { fillIn } from './template.ts';
import { HclNumber, type HclValue, isObject, type Scope, toText } from './values.ts';

/** Evaluates an expression. */
export function evaluate(expression: Expression, scope: Scope): HclValue {
  const reader = new Reader(
    expression.filter(({ kind }) => kind !== 'end'),
    scope,
  );
  const value = reader.value();
  reader.expectEnd();
  return value;
}

/** Returns the parts of a reference such as `plugins.shell.run`; undefined for any other expression. */
export function asReference(expression: Expression): readonly string[] | undefined {
  const tokens = expression.filter(({ kind }) => kind !== 'end' && kind !== 'newline');
  const fits = tokens.every((token, i) => (i % 2 === 0 ? token.kind === 'name' : isMark(token, '.')));
  if (!fits || tokens.length % 2 === 0) return undefined;
  return tokens.flatMap((token) => (token.kind === 'name' ? [token.text] : []));
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #scope: Scope;
  #at = 0;

  constructor(tokens: readonly Token[], scope: Scope) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  /** Evaluates a whole expression, including `a == b ? c : d`. */
  value(): HclValue {
    const condition = this.#combined(1);
    const question = this.#ahead('?');
    if (!question) return condition;
    const yes = this.value();
    if (!this.#ahead(':')) throw this.#unexpected('":"');
    const no = this.value();
    return toTruth(condition, question) ? yes : no;
  }

  #combined(least: number): HclValue {
    let left = this.#single();
    for (;;) {
      const operator = this.#ahead(...Object.keys(BINDING).filter((mark) => (BINDING[mark] as number) >= least));
      if (operator?.kind !== 'mark') return left;
      left = combine(operator.text, left, this.#combined((BINDING[operator.text] as number) + 1), operator);
    }
  }

  #single(): HclValue {
    this.#skipNewlines();
    const token = this.#next();
    switch (token.kind) {
      case 'text':
        return this.#text(token);
      case 'number':
        return new HclNumber(token.text);
      case 'name':
        return this.#named(token.text, token);
      case 'mark':
        if (token.text === '[') return this.#list(']');
        if (token.text === '{') return this.#object();
        if (token.text === '-' && this.#peek()?.kind === 'number') return new HclNumber(`-${(this.#next() as { text: string }).text}`);
        if (token.text === '-') return combine('-', new HclNumber('0'), this.#single(), token);
        if (token.text === '!') return !toTruth(this.#single(), token);
        if (token.text === '(') return this.#list(')')[0] ?? null;
        break;
      default:
    }
    throw new HclError(`${show(token)} is not supported in a value`, token);
  }

  expectEnd(): void {
    this.#skipNewlines();
    const token = this.#peek();
    if (token)
      throw new HclError(
        `${show(token)} is not supported in a value. Supported: strings, numbers, true, false, vars.<name>, operators and functions`,
        token,
      );
  }

  #text({ parts, line, column }: TextToken): HclValue {
    // A template with only one expression has the value of that expression.
    const [before, only, after] = parts;
    if (parts.length === 3 && before === '' && after === '' && typeof only === 'object') return evaluate(only, this.#scope);
    return fillIn(parts, this.#scope, { line, column }, evaluate);
  }

  #named(name: string, place: Token): HclValue {
    if (name === 'true' || name === 'false') return name === 'true';
    if (name === 'null') return null;
    if (isMark(this.#peek(), '(')) {
      this.#next();
      return this.#scope.call(name, this.#list(')'), place);
    }
    const steps: (string | number)[] = [name];
    while (isMark(this.#peek(), '.') || isMark(this.#peek(), '[')) steps.push(this.#step());
    const names = steps.findIndex((step) => typeof step === 'number');
    const [path, inside] = names < 0 ? [steps, []] : [steps.slice(0, names), steps.slice(names)];
    return inside.reduce<HclValue>((value, step) => member(value, step, place), this.#scope.read(path as string[], place));
  }

  // `.name`, `["name"]` or `[0]`.
  #step(): string | number {
    if (isMark(this.#next(), '.')) {
      const member = this.#next();
      if (member.kind !== 'name') throw new HclError(`unexpected ${show(member)}; expected a name`, member);
      return member.text;
    }
    const key = this.value();
    if (!this.#ahead(']')) throw this.#unexpected('"]"');
    return key instanceof HclNumber ? Number(key.text) : (toText(key) ?? '');
  }

  #list(close: ']' | ')'): HclValue[] {
    const values: HclValue[] = [];
    for (;;) {
      this.#skipNewlines();
      if (isMark(this.#peek(), close)) break;
      values.push(this.value());
      this.#skipNewlines();
      if (isMark(this.#peek(), ',')) this.#next();
      else if (!isMark(this.#peek(), close)) throw this.#unexpected(`"," or "${close}"`);
    }
    this.#next();
    return values;
  }

  #object(): HclValue {
    const members: [string, HclValue][] = [];
    for (;;) {
      this.#skipNewlines();
      const key = this.#next();
      if (isMark(key, '}')) break;
      const name = key.kind === 'name' ? key.text : key.kind === 'text' ? toText(this.#text(key)) : undefined;
      if (name === undefined) throw new HclError(`${show(key)} is not a valid key`, key);
      const equals = this.#next();
      if (!isMark(equals, '=') && !isMark(equals, ':')) throw new HclError(`unexpected ${show(equals)}; expected "="`, equals);
      members.push([name, this.value()]);
      if (isMark(this.#peek(), ',')) this.#next();
    }
    return Object.fromEntries(members);
  }

  #unexpected(wanted: string): HclError {
    const token = this.#peek() ?? (this.#tokens.at(-1) as Token);
    return new HclError(`unexpected ${show(token)}; expected ${wanted}`, token);
  }

  // Consumes the next token if it is one of these marks. Skips newlines before it, which are allowed inside brackets.
  #ahead(...marks: readonly string[]): Token | undefined {
    let at = this.#at;
    while (this.#tokens[at]?.kind === 'newline') at++;
    const token = this.#tokens[at];
    if (token?.kind !== 'mark' || !marks.includes(token.text)) return undefined;
    this.#at = at + 1;
    return token;
  }

  #skipNewlines(): void {
    while (this.#peek()?.kind === 'newline') this.#at++;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw this.#unexpected('a value');
    return token;
  }
}

function member(value: HclValue, step: string | number, place: Token): HclValue {
  const members = Array.isArray(value) || isObject(value) ? value : {};
  if (!Object.hasOwn(members, step)) throw new HclError(`unknown member ${JSON.stringify(step)}`, place);
  return (members as { [key: string | number]: HclValue })[step] as HclValue;
}
