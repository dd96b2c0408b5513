import type { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import { didYouMean } from '../core/text/nearest.ts';
import { HIDDEN_TEXT, mayShowKey, showValue } from './secrets/shown-value.ts';
import type { SourceText } from './source-text.ts';

type Path = readonly (string | number)[];

/** The input of a schema check. */
export interface Checked {
  /** The values with their references filled in. */
  readonly value: JsonValue;
  /** The values as written in the file. */
  readonly written: JsonValue;
  /** The editor schema. */
  readonly schema: object;
  readonly source: SourceText;
}

/** Describes every schema issue in one line: location, what is wrong, what was expected. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], checked: Checked): string[] {
  return issues.flatMap((issue) => describe(issue, [], checked));
}

function describe(issue: z.core.$ZodIssue, base: Path, checked: Checked): string[] {
  const { value, written, schema, source } = checked;
  const path = [...base, ...(issue.path as Path)];
  const name = path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = keysAt(schema as JsonObject, path);
      const near = didYouMean(key, known) || (known.length > 0 && known.length <= 30 ? ` Known keys: ${known.join(', ')}.` : '');
      return `${source.at([...path, key], 'key')}: unknown key${mayShowKey(path, key) ? ` "${key}"` : ''}${path.length > 0 ? ` in ${name}` : ''}.${near}`;
    });
  }
  if (issue.code === 'invalid_union') {
    // The author meant the branch that matched furthest, or that fits the value's type.
    const fitting = issue.errors.filter((errors) => !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0));
    const entered = fitting.filter((errors) => errors.every((e) => e.path.length > 0));
    const [only, ...others] = entered.length > 0 ? entered : fitting;
    if (only && others.length === 0) return only.flatMap((e) => describe(e, path, checked));
  }
  if (issue.code === 'too_small' && issue.origin === 'array') return [`${source.at([...path])}: ${name} must be ${issue.message}.`];
  const found = valueAt(value, path);
  const expected = expectation(issue);
  const near = issue.code === 'invalid_value' && typeof found === 'string' ? didYouMean(found, issue.values.map(String)) : '';
  const shown = showValue(path, found, valueAt(written, path));
  // The location is enough to find a number that exceeds its bound.
  const isHidden = (typeof found === 'number' && TOO_MUCH.has(issue.code)) || (shown === HIDDEN_TEXT && CONSTRAINTS.has(issue.code));
  const instead = isHidden ? '' : `, not ${shown}`;
  return [`${source.at([...path])}: ${name} must be ${expected}${instead}.${near}`];
}

const TOO_MUCH: ReadonlySet<string> = new Set(['too_big', 'custom']);

// Issues of a value that has the right type, so naming its type would not help.
const CONSTRAINTS: ReadonlySet<string> = new Set(['too_small', 'too_big', 'invalid_format', 'invalid_value']);

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return `one of ${issue.values.map((v) => JSON.stringify(v)).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'string' ? ' characters long' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`;
    case 'invalid_key':
      return `named by ${issue.issues[0]?.message ?? 'a valid key'}`;
    case 'invalid_format':
      return issue.message;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))].join(' or ') || 'of another kind';
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = { record: 'object', int: 'whole number', array: 'list' };

function article(type: string): string {
  const name = TYPE_NAMES[type] ?? type;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

function valueAt(value: JsonValue, path: Path): JsonValue | undefined {
  let node: JsonValue | undefined = value;
  for (const key of path) {
    if (Array.isArray(node)) node = node[Number(key)];
    else if (isJsonObject(node)) node = Object.hasOwn(node, key) ? node[key] : undefined;
    else return undefined;
  }
  return node;
}

// The keys that the editor schema allows at a path.
function keysAt(schema: JsonObject, path: Path): string[] {
  let node: JsonValue | undefined = schema;
  for (const key of path) {
    if (!isJsonObject(node)) return [];
    const properties: JsonValue | undefined = node.properties;
    if (isJsonObject(properties) && Object.hasOwn(properties, key)) node = properties[key];
    else node = node.additionalProperties ?? node.items;
  }
  if (!isJsonObject(node) || !isJsonObject(node.properties)) return [];
  return Object.keys(node.properties);
}
