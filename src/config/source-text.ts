import type { JSONPath } from 'jsonc-parser';
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { toPlainJson } from './jsonc.ts';

/** Finds locations in a JSON text, for error messages. */
export interface SourceText {
  /** `file:line:column` of a value or of its key; of the nearest parent if the value is absent. */
  at(path: JSONPath, what?: 'key' | 'value'): string;
  /** A value as written in the text. */
  textAt(path: JSONPath): string;
  /** The first syntax error, with its location. */
  syntaxError(): { at: string; message: string; fix: string } | undefined;
  /** The first key that occurs twice in one object. */
  duplicateKey(): { at: string; key: string } | undefined;
}

const ADVICE: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'Remove the comma before the closing bracket, or add a key in double quotes.',
  ValueExpected: 'Remove the comma before the closing bracket, or add a value.',
  CommaExpected: 'Put a comma between the two entries.',
  CloseBraceExpected: 'Close the object with "}".',
  CloseBracketExpected: 'Close the list with "]".',
  ColonExpected: 'Put a colon between the key and its value.',
  EndOfFileExpected: 'Remove what follows the closing brace.',
  UnexpectedEndOfComment: 'Close the comment with "*/".',
  UnexpectedEndOfString: 'Close the text with a double quote.',
};

/** Creates a source text. The text is parsed on first use. `name` is the file name for messages. */
export function createSourceText(name: string, text: string): SourceText {
  const errors: ParseError[] = [];
  let tree: { readonly root: Node | undefined } | undefined;
  const read = (): Node | undefined => {
    tree ??= { root: parseTree(text, errors, { allowTrailingComma: true, disallowComments: false, allowEmptyContent: false }) };
    return tree.root;
  };

  const place = (offset: number): string => {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    return `${name}:${line}:${offset - before.lastIndexOf('\n')}`;
  };

  const find = (path: JSONPath): Node | undefined => {
    const root = read();
    for (let n = path.length; n >= 0; n--) {
      const node = root && findNodeAtLocation(root, path.slice(0, n));
      if (node) return node;
    }
    return root;
  };

  return {
    at(path, what = 'value') {
      const node = find(path);
      const key = what === 'key' && node?.parent?.type === 'property' ? node.parent : node;
      return place(key?.offset ?? 0);
    },
    textAt(path) {
      const { offset = 0, length = 0 } = find(path) ?? {};
      return text.slice(offset, offset + length);
    },
    syntaxError() {
      read();
      const first = errors[0];
      if (!first) return undefined;
      if (toPlainJson(text).trim() === '') {
        const what = text.trim() === '' ? 'is empty' : 'contains only comments';
        return { at: place(0), message: `the file ${what}`, fix: 'An empty configuration is {}.' };
      }
      const code = printParseErrorCode(first.error);
      const message = code.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`).trim();
      return {
        at: place(first.offset),
        message,
        fix: ADVICE[code] ?? 'Make the file valid JSON.',
      };
    },
    duplicateKey() {
      const root = read();
      const pending = root ? [root] : [];
      for (let node = pending.pop(); node; node = pending.pop()) {
        const seen = new Set<string>();
        for (const child of node.children ?? []) {
          pending.push(child);
          if (node.type !== 'object') continue;
          const key = child.children?.[0];
          if (key && seen.has(key.value)) return { at: place(key.offset), key: key.value };
          if (key) seen.add(key.value);
        }
      }
      return undefined;
    },
  };
}
