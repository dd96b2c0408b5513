/**
 * Characters that are not seen or that change the order of others: controls (but not tab and line feed), soft hyphen, joiners,
 * direction marks, variation selectors, tags.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them counts alone
  /[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

function escaped(character: string): string {
  if (character === '\t' || character === '\n') return character;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text of a plugin or a client, with hidden characters as escapes. */
export const plain = (text: string): string => text.replaceAll(HIDDEN, escaped);

/** How many characters `plain` escapes. */
export const hiddenIn = (text: string): number => (text.match(HIDDEN) ?? []).filter((found) => found !== '\t' && found !== '\n').length;
