import { writtenOut } from './hidden.ts';

/** Characters that must not reach a terminal or a log line: hidden ones, direction marks and joiners. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\u{e0100}-\u{e01ef}]/gu;

/** Escapes a text for a terminal, a log line or a question to the user. */
export function escapeForTerminal(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNPRINTABLE, writtenOut);
}

// Joiners and tags at the end of a cut text would be hidden characters.
const LOOSE_END = /(?:\u200c|\u200d|[\u{e0020}-\u{e007f}])+$/u;

/** Escapes unprintable characters of a JSON text; the result parses to the same value. */
export function escapeJsonForTerminal(json: string): string {
  const toEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(UNPRINTABLE, (char) => char.split('').map(toEscape).join(''));
}

/** Cuts a text to `limit` characters, never inside a surrogate pair; a cut text ends with "…". */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(limit - 2)) ? limit - 2 : limit - 1;
  return `${text.slice(0, end).replace(LOOSE_END, '')}…`;
}

const SENTENCE_END = /[.!?](?=\s)|[\u3002\uff01\uff1f]|\n/g;

/** Like `shorten`, but cuts at the end of a sentence or line if one is in the last two thirds. */
export function cutAtSentence(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, Math.max(0, limit - 1));
  const end = [...head.matchAll(SENTENCE_END)].map(({ index }) => index + 1).findLast((at) => at <= limit - 2) ?? 0;
  return end < limit / 3 ? shorten(text, limit) : `${head.slice(0, end).trimEnd()} …`;
}

/** An external name for display: escaped, on one line, at most 128 characters. */
export function showName(name: string): string {
  return shorten(escapeForTerminal(name).replace(/\s+/g, ' '), 128);
}

const ABSOLUTE_PATH = /(?<![\w.:/-])(?:file:\/\/)?(?:\/[\w.@~+ -]*[\w.@~+-]){2,}|\b[A-Za-z]:\\(?:[\w.@~+ -]+\\)+[\w.@~+-]+/g;

/** Cuts absolute paths in a text to their last segment, so that clients do not see the layout of this machine. */
export function hidePaths(text: string): string {
  return text.replace(ABSOLUTE_PATH, (path) => path.split(/[/\\]/).at(-1) as string);
}
