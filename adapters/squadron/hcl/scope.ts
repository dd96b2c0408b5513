import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { resolveSource } from '../path-rule.ts';
import { evaluate } from './evaluate.ts';
import { HclError, type Place } from './lexer.ts';
import type { Block } from './parser.ts';
import { at, type HclFile, type HclProject } from './project.ts';
import { type HclValue, isObject, type Scope, toText } from './values.ts';

const MAX_SIZE = 1024 * 1024;
const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'integer',
  bool: 'boolean',
  boolean: 'boolean',
  array: 'array',
  list: 'array',
  object: 'object',
  map: 'object',
};

/** A `variable` block. */
export interface Variable {
  readonly name: string;
  readonly preset: HclValue | undefined;
  readonly secret: boolean;
}

/** The variables that a project declares. */
export function declaredVariables({ files, root }: HclProject): Variable[] {
  return files.flatMap((file) =>
    at(file.path, root, () => file.blocks.filter(({ type }) => type === 'variable').map((block) => toVariable(block, file, root))),
  );
}

function toVariable(block: Block, file: HclFile, root: string): Variable {
  const [name] = block.labels;
  if (name === undefined) throw new HclError('the variable has no name', block);
  const scope = new FileScope(file, root, new Map());
  const read = (key: string): HclValue | undefined => {
    const attribute = block.attributes.get(key);
    return attribute && evaluate(attribute.expression, scope);
  };
  return { name, preset: read('default'), secret: read('secret') === true };
}

/** Given values of secret variables; empty if the project cannot be read. */
export function secretValues(project: HclProject, given: Readonly<Record<string, string>>): string[] {
  try {
    return declaredVariables(project).flatMap(({ name, secret }) => (secret && Object.hasOwn(given, name) ? [given[name] as string] : []));
  } catch {
    return [];
  }
}

/** Values of a project's variables: the given value, else the default, else an empty string. */
export function readVariables(project: HclProject, given: Readonly<Record<string, string>>): ReadonlyMap<string, HclValue> {
  const presets = declaredVariables(project).map(({ name, preset }): [string, HclValue] => [name, preset ?? '']);
  return new Map([...presets, ...Object.entries(given)]);
}

/** The names and functions available in one file's expressions. */
export class FileScope implements Scope {
  readonly #file: HclFile;
  readonly #root: string;
  readonly #variables: ReadonlyMap<string, HclValue>;

  constructor(file: HclFile, root: string, variables: ReadonlyMap<string, HclValue>) {
    this.#file = file;
    this.#root = root;
    this.#variables = variables;
  }

  read(path: readonly string[], place: Place): HclValue {
    const [space, name, ...rest] = path;
    if (space !== 'vars' || name === undefined || rest.length > 0)
      throw new HclError(`"${path.join('.')}" is unknown; use vars.<name>`, place);
    const value = this.#variables.get(name);
    if (value === undefined) {
      throw new HclError(`the variable "${name}" is neither declared in a variable block nor set under "vars" in mcp.json`, place);
    }
    return value;
  }

  call(name: string, args: readonly HclValue[], place: Place): HclValue {
    if (name === 'load') return this.#load(args, place);
    const type = Object.hasOwn(SCHEMA_TYPES, name) ? SCHEMA_TYPES[name] : undefined;
    if (type === undefined) throw new HclError(`unknown function ${name}()`, place);
    return toField(type, args);
  }

  #load([argument]: readonly HclValue[], place: Place): string {
    const name = argument === undefined ? undefined : toText(argument);
    if (name === undefined || !['.md', '.txt'].includes(extname(name)))
      throw new HclError('load() requires the name of a .md or .txt file', place);
    try {
      const text = readFileSync(resolveSource(name, this.#file.folder, this.#root), 'utf8');
      if (text.length > MAX_SIZE) throw new Error('it is larger than 1 MB');
      return text;
    } catch (error) {
      const why = error instanceof GatewayError ? error.message : (error as Error).message;
      throw new HclError(`load("${name}") failed: ${why.replace(/\.$/, '')}`, place);
    }
  }
}

/** The field that a schema helper describes. Arguments in any order: description, whether it is required, inner fields. */
export function toField(type: string, args: readonly HclValue[]): HclValue {
  const field: { [key: string]: HclValue } = { type };
  for (const arg of args) {
    if (typeof arg === 'string') field.description = arg;
    else if (typeof arg === 'boolean') field.required = arg;
    else if (isObject(arg)) field.inside = arg;
  }
  return field;
}
