// Characters a reader cannot see but a model or a terminal obeys: C0/C1 controls (newline and tab excepted),
// zero-width marks, bidirectional controls and the Unicode tag block.
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/** Whether a name holds a character that cannot be seen. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

/** The same text with every hidden character written out as `\u{...}`, safe for a terminal, a log and a model. */
export function escapeHidden(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(HIDDEN, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}

/** At most `limit` characters, never half a surrogate pair, with a mark where something was cut. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(limit - 2)) ? limit - 2 : limit - 1;
  return `${text.slice(0, end)}…`;
}

/** A foreign name as it may be shown: escaped, on one line, at most 128 characters. */
export function showName(name: string): string {
  return shorten(escapeHidden(name).replace(/\s+/g, ' '), 128);
}

const ABSOLUTE_PATH = /(?<![\w.:/-])(?:file:\/\/)?(?:\/[\w.@~+ -]*[\w.@~+-]){2,}|\b[A-Za-z]:\\(?:[\w.@~+ -]+\\)+[\w.@~+-]+/g;

/** The same text with absolute paths cut to their last part: where things lie on this machine is nobody's business. */
export function hidePaths(text: string): string {
  return text.replace(ABSOLUTE_PATH, (path) => path.split(/[/\\]/).at(-1) as string);
}
