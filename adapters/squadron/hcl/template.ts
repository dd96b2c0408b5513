import { HclError, type Part, type Place, type Token } from './lexer.ts';
import { toTruth } from './operators.ts';
import { type Expression, isMark, show } from './parser.ts';
import { type HclValue, isObject, type Scope, toText } from './values.ts';

type Evaluate = (expression: Expression, scope: Scope) => HclValue;
const MAX_ROUNDS = 10_000;

/** Renders a template with its interpolations and directives (`%{ if }`, `%{ for }`). */
export function fillIn(parts: readonly Part[], scope: Scope, place: Place, evaluate: Evaluate): string {
  let at = 0;
  let rounds = 0;

  // Renders up to one of the keywords in `ends`. `skip`: evaluates nothing.
  const body = (ends: readonly string[], within: Scope, skip: boolean): { text: string; end: string } => {
    let text = '';
    for (; at < parts.length; at++) {
      const part = parts[at] as Part;
      if (typeof part === 'string') text += part;
      else if (!isMark(part[0], '%{')) text += skip ? '' : toWord(evaluate(part, within), place);
      else {
        const word = part[1]?.kind === 'name' ? part[1].text : '';
        at++;
        if (ends.includes(word)) return { text, end: word };
        if (word === 'if') text += choose(part, within, skip);
        else if (word === 'for') text += repeat(part, within, skip);
        else throw new HclError(`the directive "%{ ${word} }" is unknown`, part[0] as Token);
        at--;
      }
    }
    if (ends.length > 0) throw new HclError(`"%{ ${ends.at(-1)} }" is missing`, place);
    return { text, end: '' };
  };

  const choose = (directive: Expression, within: Scope, skip: boolean): string => {
    const holds = !skip && toTruth(evaluate(directive.slice(2), within), directive[1] as Token);
    const yes = body(['else', 'endif'], within, skip || !holds);
    const no = yes.end === 'else' ? body(['endif'], within, skip || holds) : { text: '' };
    return skip ? '' : holds ? yes.text : no.text;
  };

  const repeat = (directive: Expression, within: Scope, skip: boolean): string => {
    const { names, list } = readFor(directive);
    const from = at;
    const entries = skip ? [] : entriesOf(evaluate(list, within), directive[1] as Token);
    let text = '';
    for (const entry of entries) {
      if (++rounds > MAX_ROUNDS) throw new HclError(`the template has more than ${MAX_ROUNDS} iterations`, place);
      at = from;
      // One name is the value; with two, the first is the key.
      const own = new Map(names.map((name, i): [string, HclValue] => [name, entry[names.length === 1 ? 1 : i] as HclValue]));
      text += body(['endfor'], withNames(within, own), false).text;
    }
    if (entries.length === 0) body(['endfor'], within, true);
    return text;
  };

  return body([], scope, false).text;
}

function readFor(directive: Expression): { names: string[]; list: Expression } {
  const until = directive.findIndex((token) => token.kind === 'name' && token.text === 'in');
  const names = directive.slice(2, until).flatMap((token) => (token.kind === 'name' ? [token.text] : []));
  if (until < 0 || names.length < 1 || names.length > 2)
    throw new HclError(`${show(directive[1] as Token)} requires "x in list"`, directive[0] as Token);
  return { names, list: directive.slice(until + 1) };
}

function entriesOf(value: HclValue, place: Place): [HclValue, HclValue][] {
  if (Array.isArray(value)) return value.map((item, i) => [String(i), item]);
  if (isObject(value)) return Object.entries(value);
  throw new HclError('expected a list or an object', place);
}

function withNames(scope: Scope, own: ReadonlyMap<string, HclValue>): Scope {
  return {
    call: scope.call.bind(scope),
    read(path, place) {
      const [first = '', ...rest] = path;
      const found = own.get(first);
      if (found === undefined) return scope.read(path, place);
      return rest.reduce<HclValue>((value, key) => {
        if (!isObject(value) || !Object.hasOwn(value, key)) throw new HclError(`unknown member "${key}"`, place);
        return value[key] as HclValue;
      }, found);
    },
  };
}

function toWord(value: HclValue, place: Place): string {
  const text = toText(value);
  if (text === undefined) throw new HclError('a list or an object cannot be part of a string', place);
  return text;
}
