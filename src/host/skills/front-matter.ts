import { createRequire } from 'node:module';
import type { parseDocument } from 'yaml';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';

/** A repair of the front matter: what was wrong in which line, counted from 1 in the file. */
export interface Repair {
  readonly line: number;
  readonly message: string;
}

/** What was read from a SKILL.md or a command file. */
export interface FrontMatter {
  /** Its fields; only those that single lines show if it cannot be read as YAML. */
  readonly fields: JsonObject;
  /** Whether `fields` has the content of the file's front matter without any repair. */
  readonly isExact: boolean;
  readonly repairs: readonly Repair[];
  /** The text after the front matter, with LF. */
  readonly body: string;
  /** Line of the file in which the body begins, counted from 1. */
  readonly bodyLine: number;
}

/** Each repair costs another parse. */
const MAX_REPAIRS = 20;
const MAX_ALIASES = 20;
const KEY = /^[A-Za-z_][\w-]*:(?:[ \t]|$)/;
const PAIR = /^([ ]*(?:- )?)([^\s:#"'[\]{},&*!|>%@`-][^:]*|[A-Za-z_][\w-]*):[ \t]+(\S.*)$/;

/** Reads the front matter of a text between `---` lines. Never throws: what cannot be read is repaired or left out, and reported. */
export function readFrontMatter(raw: string): FrontMatter {
  const text = raw.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const none = (message: string): FrontMatter => ({
    fields: {},
    isExact: false,
    repairs: [{ line: 1, message }],
    body: text,
    bodyLine: 1,
  });
  if (!text.startsWith('---\n')) return none('It has no front matter between "---" lines');
  const end = /^---[\t ]*$/m.exec(text.slice(4));
  if (!end) return none('The front matter has no closing "---" line');
  const yaml = text.slice(4, 4 + end.index);
  const body = text.slice(4 + end.index + end[0].length).replace(/^\n/, '');
  const bodyLine = yaml.split('\n').length + 2;
  return { ...readYaml(yaml), body, bodyLine };
}

function readYaml(yaml: string): Pick<FrontMatter, 'fields' | 'isExact' | 'repairs'> {
  const repairs: Repair[] = [];
  let lines = yaml.split('\n');
  for (;;) {
    const read = parse(lines.join('\n'));
    if (read.fields) return { fields: read.fields, isExact: repairs.length === 0 && read.isPlain, repairs: [...repairs, ...read.notes] };
    const repaired = repairs.length < MAX_REPAIRS && read.canRepair ? quoteValue(lines, read.line) : undefined;
    // The line of the front matter comes after the opening "---". Quotes that did not help are not doubled.
    if (!repaired || repairs.some(({ line }) => line === repaired.line + 2)) {
      const message = `The front matter cannot be read (${read.why}); only what single lines show is used`;
      return { fields: scanLines(yaml), isExact: false, repairs: [{ line: read.line + 2, message }] };
    }
    repairs.push({
      line: repaired.line + 2,
      message: `The value of "${repaired.key}" is not valid YAML (${read.why}); it is read as if it were in quotes`,
    });
    lines = repaired.lines;
  }
}

type Parsed =
  | { readonly fields: JsonObject; readonly isPlain: boolean; readonly notes: readonly Repair[] }
  | { readonly fields?: undefined; readonly line: number; readonly why: string; readonly canRepair: boolean };

// These are mistakes of the author that a quoted value would hide.
const FINAL = new Set(['TAB_AS_INDENT', 'DUPLICATE_KEY', 'BAD_ALIAS']);

function parse(yaml: string): Parsed {
  // Loaded here and not above, because most configurations have no skills.
  const { parseDocument: read } = createRequire(import.meta.url)('yaml') as { parseDocument: typeof parseDocument };
  const document = read(yaml, { schema: 'core', uniqueKeys: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) {
    const line = (error.linePos?.[0].line ?? 1) - 1;
    return { line, why: whyOf(error.message), canRepair: !FINAL.has(error.code) };
  }
  const [warning] = document.warnings;
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (value === null) return { fields: {}, isPlain: true, notes: [] };
    if (!isJsonObject(value)) return { line: 0, why: 'it is not a list of "key: value" lines', canRepair: false };
    // A number such as .nan has no JSON form, and a tag another type than its author meant.
    const text = JSON.stringify(value);
    const fields = JSON.parse(text) as JsonObject;
    const isPlain = warning === undefined && !hasOddNumber(value);
    const line = (warning?.linePos?.[0].line ?? 1) + 1;
    const note = isPlain
      ? []
      : [{ line, message: `The front matter has a value that JSON cannot express${warning ? ` (${whyOf(warning.message)})` : ''}` }];
    return { fields, isPlain, notes: note };
  } catch (error) {
    const name = /\*?([\w-]+)$/.exec(/alias.*: (\S+)/i.exec((error as Error).message)?.[1] ?? '')?.[1];
    const line =
      name === undefined
        ? 0
        : Math.max(
            0,
            yaml.split('\n').findIndex((text) => text.includes(`*${name}`)),
          );
    return { line, why: whyOf((error as Error).message), canRepair: name !== undefined };
  }
}

function hasOddNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
  return typeof value === 'object' && value !== null && Object.values(value).some(hasOddNumber);
}

function whyOf(message: string): string {
  return (message.split('\n')[0] as string).replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
}

/** Quotes the value that a line belongs to; undefined if none can be quoted. Lines count from 0. */
function quoteValue(lines: readonly string[], line: number): { lines: string[]; line: number; key: string } | undefined {
  const at = Math.min(line, lines.length - 1);
  let start = at;
  while (start > 0 && !KEY.test(lines[start] as string)) start--;
  const first = PAIR.exec(lines[start] as string);
  // A nested pair is repaired by itself; a value over several lines as a whole.
  if (!first || start === at || /^[|>]/.test(first[3] as string)) return start === at || !first ? quoteLine(lines, at, at + 1) : undefined;
  return quoteLine(lines, start, endOf(lines, start));
}

function quoteLine(lines: readonly string[], start: number, given: number): { lines: string[]; line: number; key: string } | undefined {
  const pair = PAIR.exec(lines[start] as string);
  if (!pair) return undefined;
  const [, indent = '', key = '', value = ''] = pair;
  if (/^[|>]/.test(value)) return undefined;
  const end = Math.max(given, endOf(lines, start));
  const whole = [value, ...lines.slice(start + 1, end).map((text) => text.trim())].join(' ').trim();
  const quoted = `${indent}${key}: '${whole.replaceAll("'", "''")}'`;
  if (end === start + 1 && quoted === lines[start]) return undefined;
  // The lines keep their numbers, so that later reports are exact.
  const blank = Array.from({ length: end - start - 1 }, () => '');
  return { lines: [...lines.slice(0, start), quoted, ...blank, ...lines.slice(end)], line: start, key };
}

// Lines that are indented deeper than a key belong to its value.
function endOf(lines: readonly string[], start: number): number {
  const indent = /^ */.exec(lines[start] as string)?.[0].length ?? 0;
  let end = start + 1;
  while (end < lines.length && (/^ */.exec(lines[end] as string)?.[0].length ?? 0) > indent && (lines[end] as string).trim() !== '') end++;
  return end;
}

/** Top-level `key: value` lines of unreadable front matter. */
function scanLines(yaml: string): JsonObject {
  const fields: JsonObject = {};
  for (const [, key = '', value = ''] of yaml.matchAll(/^([A-Za-z_][\w-]*):[ \t]+(\S.*)$/gm))
    if (!Object.hasOwn(fields, key) && !/^[|>]/.test(value)) fields[key] = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  return fields;
}
