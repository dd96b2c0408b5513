import { GatewayError } from '../../../src/core/errors.ts';
import { asReference, evaluate } from './evaluate.ts';
import { HclError, type Place } from './lexer.ts';
import type { Attribute, Block, Expression } from './parser.ts';
import { at, type HclFile, type HclProject } from './project.ts';
import { FileScope, readVariables } from './scope.ts';
import { type HclValue, isObject, type Scope, toText } from './values.ts';

/** A `plugin` block. */
export interface PluginBlock {
  readonly name: string;
  readonly source: string | undefined;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Base folder of a relative source. */
  readonly folder: string;
}

/** A `tool` block: another tool under a new name, with fixed or templated parameters. */
export interface ToolBlock {
  readonly name: string;
  readonly implements: readonly string[];
  readonly description: string | undefined;
  readonly fields: { readonly [name: string]: HclValue };
  readonly parameters: ReadonlyMap<string, Expression>;
  readonly scope: Scope;
  /** Runs a function and converts HclErrors to errors with file and position. */
  at<T>(run: () => T): T;
}

/** An `mcp` block: an MCP server of the project. */
export interface ServerBlock {
  readonly name: string;
  readonly attributes: { readonly [name: string]: HclValue };
}

/** A block that cannot be used, and why. */
export interface FaultyBlock {
  readonly name: string;
  readonly error: GatewayError;
}

/** The supported declarations of a project. */
export interface Declarations {
  readonly root: string;
  /** The variables available in expressions. */
  readonly variables: ReadonlyMap<string, HclValue>;
  readonly plugins: readonly (PluginBlock | FaultyBlock)[];
  readonly tools: readonly (ToolBlock | FaultyBlock)[];
  readonly servers: readonly (ServerBlock | FaultyBlock)[];
  /** Kinds of blocks that were ignored. */
  readonly skipped: readonly string[];
}

type ReadBlock<T> = (name: string, block: Block, scope: Scope, file: HclFile, root: string) => T;
const KNOWN = new Set(['variable', 'plugin', 'tool', 'mcp']);

/** Reads the blocks of a project. A faulty block does not affect the others. */
export function readDeclarations(project: HclProject, given: Readonly<Record<string, string>>): Declarations {
  const variables = readVariables(project, given);
  const { files, root } = project;
  const read = <T>(type: string, toDeclaration: ReadBlock<T>): (T | FaultyBlock)[] => {
    const names = new Set<string>();
    const one = (file: HclFile, block: Block): T => {
      const name = block.labels[0] ?? '';
      if (name === '') throw new HclError(`the ${type} has no name`, block);
      if (names.has(name)) throw new HclError(`duplicate ${type} "${name}"`, block);
      names.add(name);
      return toDeclaration(name, block, new FileScope(file, root, variables), file, root);
    };
    return files.flatMap((file) =>
      file.blocks
        .filter((block) => block.type === type)
        .map((block): T | FaultyBlock => {
          try {
            return at(file.path, root, () => one(file, block));
          } catch (error) {
            if (error instanceof GatewayError) return { name: block.labels[0] ?? type, error };
            throw error;
          }
        }),
    );
  };
  return {
    root,
    variables,
    plugins: read('plugin', toPlugin),
    tools: read('tool', toTool),
    servers: read('mcp', toServer),
    skipped: [...new Set(files.flatMap(({ blocks }) => blocks.map(({ type }) => type)))].filter((type) => !KNOWN.has(type)),
  };
}

function toPlugin(name: string, block: Block, scope: Scope, { folder }: HclFile): PluginBlock {
  const version = textOf(block, 'version', scope);
  if (version === undefined) throw new HclError(`the plugin "${name}" has no version`, block);
  return { name, source: textOf(block, 'source', scope), version, settings: toSettings(block, scope), folder };
}

// A block is the documented form, but many authors write an attribute.
function toSettings(block: Block, scope: Scope): Record<string, string> {
  const blocks = block.blocks.filter(({ type }) => type === 'settings');
  const attribute = block.attributes.get('settings');
  const [, second] = [...blocks, ...(attribute ? [attribute] : [])];
  if (second) throw new HclError('duplicate settings', second);
  const settings: Record<string, string> = {};
  const set = (name: string, value: HclValue, place: Place): void => {
    const text = toText(value);
    if (text === undefined)
      throw new HclError(`the setting "${name}" is a list or an object; settings must be strings, numbers or booleans`, place);
    settings[name] = text;
  };
  if (attribute) for (const [name, value] of Object.entries(objectOf(attribute, 'settings', scope))) set(name, value, attribute);
  for (const { attributes, blocks: nested } of blocks) {
    if (nested[0]) throw new HclError(`settings contain a block "${nested[0].type}"; they must be strings, numbers or booleans`, nested[0]);
    for (const [name, item] of attributes) set(name, evaluate(item.expression, scope), item);
  }
  return settings;
}

function toTool(name: string, block: Block, scope: Scope, file: HclFile, root: string): ToolBlock {
  const { attributes, blocks } = block;
  const target = attributes.get('implements');
  const reference = target && asReference(target.expression);
  if (!reference) throw new HclError(`the tool "${name}" has no "implements", such as plugins.shell.run`, target ?? block);
  const inputs = attributes.get('inputs');
  const inner = blocks.find(({ type }) => type === 'inputs');
  const parameters = [...attributes].filter(([key]) => key !== 'implements' && key !== 'description' && key !== 'inputs');
  return {
    name,
    implements: reference,
    description: textOf(block, 'description', scope),
    fields: inputs ? objectOf(inputs, 'inputs', scope) : Object.fromEntries((inner?.blocks ?? []).map((field) => toField(field, scope))),
    parameters: new Map(parameters.map(([key, { expression }]) => [key, expression])),
    scope,
    at: (run) => at(file.path, root, run),
  };
}

function toField({ labels, attributes }: Block, scope: Scope): [string, HclValue] {
  const values = [...attributes].map(([key, { expression }]): [string, HclValue] => {
    const reference = asReference(expression);
    // A type may be written with or without quotes.
    return [key, key === 'type' && reference?.length === 1 ? (reference[0] as string) : evaluate(expression, scope)];
  });
  return [labels[0] ?? '', Object.fromEntries(values)];
}

function toServer(name: string, block: Block, scope: Scope): ServerBlock {
  const values = ({ attributes }: Block): [string, HclValue][] =>
    [...attributes].map(([key, item]) => [key, evaluate(item.expression, scope)]);
  const nested = block.blocks.map((inner): [string, HclValue] => [inner.type, Object.fromEntries(values(inner))]);
  return { name, attributes: Object.fromEntries([...values(block), ...nested]) };
}

function textOf(block: Block, name: string, scope: Scope): string | undefined {
  const attribute = block.attributes.get(name);
  if (!attribute) return undefined;
  const text = toText(evaluate(attribute.expression, scope));
  if (text === undefined) throw new HclError(`"${name}" is not a string`, attribute);
  return text;
}

function objectOf(attribute: Attribute, name: string, scope: Scope): { [key: string]: HclValue } {
  const value = evaluate(attribute.expression, scope);
  if (!isObject(value)) throw new HclError(`"${name}" is not an object`, attribute);
  return value;
}
