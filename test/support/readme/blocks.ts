import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The kinds of fenced blocks; `snippets.ts` and `projects.ts` define how each is tested. `file` allows any language. */
export const KINDS = [
  'sh clone',
  'sh run',
  'sh client',
  'text output=run',
  'text output=serve',
  'text drawing',
  'text layers',
  'json client',
  'json config',
  'file',
] as const;

/** A kind of fenced block. */
export type BlockKind = (typeof KINDS)[number];

/** A fenced block of a README. `line` is the line of its fence, counted from 1. */
export interface Block {
  readonly file: string;
  readonly line: number;
  readonly info: string;
  /** Undefined if the info string names no known kind. */
  readonly kind: BlockKind | undefined;
  /** The path of a block of the kind `file`. */
  readonly path: string;
  readonly text: string;
}

/** A README: its blocks, and the lines outside of them. */
export interface Readme {
  /** Relative to the repository. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly prose: string;
  readonly blocks: readonly Block[];
}

/** README.md and every README.md below src, adapters, plugins and test. */
export function findReadmes(): Readme[] {
  const below = ['src', 'adapters', 'plugins', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(({ name, parentPath }) => name === 'README.md' && !parentPath.includes('node_modules'))
      .map(({ parentPath }) => join(relative(ROOT, parentPath), 'README.md')),
  );
  return ['README.md', ...below.sort()].map((file) => readReadme(file, readFileSync(join(ROOT, file), 'utf8')));
}

/** Splits a README into prose and blocks. An unclosed fence is a block of unknown kind. */
export function readReadme(file: string, text: string): Readme {
  const lines = text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined);
  const prose: string[] = [];
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(lines[at] as string);
    if (!fence) {
      prose.push(lines[at] as string);
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence[1]);
    const body = lines.slice(at + 1, end < 0 ? undefined : end);
    const info = fence[2] as string;
    const isPlain = lines[at]?.startsWith('```') && end >= 0;
    blocks.push({ file, line: at + 1, info, ...toKind(isPlain ? info : ''), text: body.map((line) => `${line}\n`).join('') });
    at = end < 0 ? lines.length : end;
  }
  return { file, lines, prose: prose.join('\n'), blocks };
}

function toKind(info: string): { kind: BlockKind | undefined; path: string } {
  const path = /^[a-z]+ file=([\w@./-]+)$/.exec(info)?.[1];
  if (path !== undefined && !path.startsWith('/') && !path.split('/').includes('..')) return { kind: 'file', path };
  return { kind: KINDS.find((kind) => kind === info && kind !== 'file'), path: '' };
}

/** The location of a block, for the name of a test. */
export function placeOf({ file, line, info }: Block): string {
  return `${file}:${line} (${info})`;
}
