import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHidden, hasHidden } from '../../../src/core/text/hidden.ts';

const flag = (code: string): string =>
  `\u{1f3f4}${[...code].map((c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) as number))).join('')}\u{e007f}`;

const range = (from: number, to = from): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** All code points of the set. */
const HIDDEN = [
  ...range(0x00, 0x08),
  ...range(0x0b, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0xad, 0x180e, 0x200b, 0xfeff],
  ...range(0x202a, 0x202e),
  ...range(0x2060, 0x2064),
  ...range(0x2066, 0x206f),
  ...range(0xfff9, 0xfffb),
  ...range(0xe0000, 0xe007f),
  ...range(0xe0100, 0xe01ef),
];

describe('hidden characters', () => {
  it('are escaped, each one of the set', { tags: ['T10'] }, () => {
    for (const code of HIDDEN) {
      const text = `a${String.fromCodePoint(code)}b`;
      expect([code, hasHidden(text), escapeHidden(text)]).toEqual([code, true, `a\\u{${code.toString(16)}}b`]);
    }
  });

  it('do not include other characters', { tags: ['T10'] }, () => {
    const hidden = new Set([...HIDDEN, 0x200c, 0x200d]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const visible = [...text].filter((char) => !hidden.has(char.codePointAt(0) as number)).join('');
        expect(hasHidden(visible)).toBe(false);
        expect(escapeHidden(visible)).toBe(visible);
        expect(hasHidden(escapeHidden(text))).toBe(false);
      }),
      { seed: 10, numRuns: 300 },
    );
  });

  it.each([
    ['Persian', 'می\u200cخواهم کتاب\u200cها را ببینم'],
    ['Hindi', 'क्\u200dषत्रिय और क्\u200cष'],
    ['Arabic with a mark of direction', 'النص\u200e (C++)\u200f هنا'],
    ['a family', '👨\u200d👩\u200d👧\u200d👦'],
    ['a skin tone', '👩🏽\u200d💻'],
    ['a rainbow flag', '🏳️\u200d🌈'],
    ['a pirate', '🏴\u200d☠️'],
    ['a flag of two letters', '🇫🇷'],
    ['flags of regions', `${flag('gbeng')} ${flag('gbsct')} ${flag('gbwls')}`],
    ['marks above letters', 'e\u0301 a\u0308'],
    ['lines and tabs', 'a\n\tb\r\nc'],
  ])('do not include what a language needs: %s', { tags: ['T10'] }, (_, text) => {
    expect(hasHidden(text)).toBe(false);
    expect(escapeHidden(text)).toBe(text);
  });

  it.each([
    ['a joiner at the beginning', '\u200dabc', '\\u{200d}abc'],
    ['a joiner at the end', 'abc\u200c', 'abc\\u{200c}'],
    ['a joiner beside a blank', 'a \u200db', 'a \\u{200d}b'],
    ['two joiners', 'a\u200c\u200cb', 'a\\u{200c}\\u{200c}b'],
    ['a joiner between digits', '1\u200d2', '1\\u{200d}2'],
    ['a carriage return alone', 'a\rb', 'a\\u{d}b'],
    ['tags without a flag', '\u{e0067}\u{e007f}', '\\u{e0067}\\u{e007f}'],
    ['a flag without its end', '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}', '\u{1f3f4}\\u{e0067}\\u{e0062}\\u{e0065}'],
    ['a sentence behind a flag', flag('ignoreallrules'), expect.stringMatching(/^🏴(\\u\{e00[67][0-9a-f]\})+$/u)],
    ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
  ])('are found by context: %s', { tags: ['T10'] }, (_, text, expected) => {
    expect(hasHidden(text)).toBe(true);
    expect(escapeHidden(text)).toEqual(expected);
  });
});
