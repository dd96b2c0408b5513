import { randomUUID } from 'node:crypto';
import {
  applyEdits,
  createScanner,
  type FormattingOptions,
  findNodeAtLocation,
  format,
  type JSONPath,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';

/** One change of a JSON text with comments. */
export interface JsonEdit {
  /** Keys and indexes; an index equal to the length of a list appends to it. */
  readonly path: JSONPath;
  /** The new value as JSON text; undefined removes the key or item. */
  readonly json: string | undefined;
}

/** Applies edits in order. Keeps comments, line ends, indentation and the digits of numbers. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  return edits.reduce((edited, { path, json }) => (json === undefined ? remove(edited, path) : set(edited, path, json)), text);
}

/** The value at a path of a JSON text with comments. */
export function nodeAt(text: string, path: JSONPath): Node | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true });
  return root && findNodeAtLocation(root, path);
}

// The value is inserted as text, since a number would lose digits as a value of JavaScript.
function set(text: string, path: JSONPath, json: string): string {
  const formattingOptions = formattingOf(text);
  const mark = JSON.stringify(randomUUID());
  const isArrayInsertion = typeof path.at(-1) === 'number';
  const marked = applyEdits(text, modify(text, path, JSON.parse(mark), { formattingOptions, isArrayInsertion }));
  const offset = marked.indexOf(mark);
  const edited = marked.slice(0, offset) + json + marked.slice(offset + mark.length);
  return applyEdits(edited, format(edited, { offset, length: json.length }, formattingOptions));
}

function formattingOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  return { insertSpaces: !indent.includes('\t'), tabSize: indent.length };
}

// jsonc-parser would also remove the comments between two entries.
function remove(text: string, path: JSONPath): string {
  const value = nodeAt(text, path);
  const container = value?.parent?.type === 'property' ? value.parent.parent : value?.parent;
  const item = value?.parent?.type === 'property' ? value.parent : value;
  if (!item || !container?.children) return text;
  const end = item.offset + item.length;
  const comma = commaAfter(text, end);
  if (comma !== undefined) {
    return cut(comma === end ? text : text.slice(0, comma) + text.slice(comma + 1), item.offset, comma === end ? end + 1 : end);
  }
  const shorter = cut(text, item.offset, end);
  const before = container.children[container.children.indexOf(item) - 1];
  const last = before && commaAfter(text, before.offset + before.length);
  return last === undefined ? shorter : shorter.slice(0, last) + shorter.slice(last + 1);
}

function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === ',' ? at : undefined;
}

// Removes the whole line if nothing else is on it, otherwise the spaces around the removed text.
function cut(text: string, start: number, end: number): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const indent = /(?:^|\n)([ \t]*)$/.exec(before)?.[1];
  const rest = /^[ \t]*(?:\r?\n|$)/.exec(after)?.[0];
  if (indent !== undefined && rest !== undefined) return before.slice(0, before.length - indent.length) + after.slice(rest.length);
  return rest === undefined && /^[ \t]/.test(after) ? before + after.replace(/^[ \t]+/, '') : before.replace(/[ \t]+$/, '') + after;
}
