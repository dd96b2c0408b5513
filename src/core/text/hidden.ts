/** Prefilter: every character that may be hidden, legitimate joiners and carriage returns included. The `u` flag would be slower. */
const SUSPECT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u180e\u200b-\u200d\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f\udd00-\uddef]/;

// Persian, Hindi and others use joiners inside words, and many emoji are joined sequences.
const JOINED = '[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Presentation}\\p{Emoji_Modifier}]';
/** Flags of regions such as England: a black flag followed by the region code in tag characters. */
const FLAG = '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,7}\\u{e007f}';

const HIDDEN = new RegExp(
  [
    `(${FLAG})`,
    '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u180e\\u200b\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f]',
    '[\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\u{e0100}-\\u{e01ef}]',
    '\\r(?!\\n)',
    `(?<!${JOINED})[\\u200c\\u200d]`,
    `[\\u200c\\u200d](?!${JOINED})`,
  ].join('|'),
  'gu',
);

/** Whether a text contains characters that users do not see but models read: controls, bidi overrides, tags. */
export function hasHidden(text: string): boolean {
  if (!SUSPECT.test(text)) return false;
  for (const [, flag] of text.matchAll(HIDDEN)) if (flag === undefined) return true;
  return false;
}

/** Escapes every hidden character as `\u{...}`. Newlines, tabs and joiners inside words or emoji stay. */
export function escapeHidden(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(HIDDEN, (char, flag: string | undefined) => flag ?? writtenOut(char));
}

export function writtenOut(char: string): string {
  return `\\u{${(char.codePointAt(0) as number).toString(16)}}`;
}
