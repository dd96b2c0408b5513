/**
 * Characters that are not seen or that change the order of others: controls (but not tab and line feed), soft hyphen, joiners,
 * direction marks, variation selectors, tags. Emoji keep their selectors and joiners. Of marks on one letter the fifth and later
 * ones count, since a pile of them is drawn over the lines around it.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them counts alone
  /[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|(?<!\p{Extended_Pictographic}|[0-9#*](?=\ufe0f\u20e3))\ufe0f|(?<!\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d|\u200d(?!\p{Extended_Pictographic})|(?<=\p{M}{4})\p{M}/gu;

const isLayout = (character: string): boolean => character === '\t' || character === '\n';
const hex = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

function escaped(character: string): string {
  if (isLayout(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : hex(code);
}

/** A text with hidden characters as escapes. What is drawn goes through it in any case: see `escape.ts`. */
export const plain = (text: string): string => text.replaceAll(HIDDEN, escaped);

/** JSON with hidden characters as escapes of JSON, so that it is read back as the same value. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(HIDDEN, (character) =>
    isLayout(character) ? character : Array.from({ length: character.length }, (_, i) => hex(character.charCodeAt(i))).join(''),
  );

/** How many characters `plain` escapes. */
export const hiddenIn = (text: string): number => (text.match(HIDDEN) ?? []).filter((found) => !isLayout(found)).length;
