import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed, wellFormedForeignJson, wellFormedJson } from '../../../src/core/text/well-formed.ts';

const HALVES = /\p{Surrogate}/gu;

describe('wellFormedJson', () => {
  it.each([
    ['a high half', '"a\\ud800b"', '"a\ufffdb"'],
    ['a low half', '"a\\udc00b"', '"a\ufffdb"'],
    ['halves in the wrong order', '"\\udc00\\ud800"', '"\ufffd\ufffd"'],
    ['a half before a pair', '"\\ud83d\\ud83d\\ude00"', '"\ufffd\\ud83d\\ude00"'],
    ['a key', '{"\\udfff":1}', '{"\ufffd":1}'],
    ['a half behind an escaped backslash', '"\\\\\\ud800"', '"\\\\\ufffd"'],
    ['a whole pair', '"\\ud83d\\ude00"', '"\\ud83d\\ude00"'],
    ['an escaped backslash', '"C:\\\\ud800\\\\udead"', '"C:\\\\ud800\\\\udead"'],
    ['a pair cut by a backslash', '"\\ud83d\\\\ude00"', '"\ufffd\\\\ude00"'],
    ['other escapes', '"\\u0000\\n\\"\\ud7ff"', '"\\u0000\\n\\"\\ud7ff"'],
  ])('handles %s', { tags: ['F14'] }, (_, json, expected) => {
    expect(wellFormedJson(json)).toBe(expected);
  });

  it('accepts external escapes in either case', { tags: ['F14'] }, () => {
    expect(wellFormedForeignJson('"\\uD800 \\uD83D\\uDE00 \\uDc00"')).toBe('"\ufffd \\uD83D\\uDE00 \ufffd"');
  });

  it('replaces only lone surrogates, in any text', { tags: ['F14'] }, () => {
    const part = fc.oneof(fc.constantFrom('\ud83d', '\ude00', '\\', 'u', 'd', '83', '"'), fc.string({ maxLength: 2 }));
    const text = fc.array(part).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const json = wellFormedJson(JSON.stringify(texts));
        expect(JSON.parse(json)).toEqual(texts.map((one) => one.replace(HALVES, '\ufffd')));
        expect(wellFormedForeignJson(json)).toBe(json);
      }),
      { seed: 12, numRuns: 500 },
    );
  });

  it('detects lone surrogates', () => {
    expect(['', 'a', '\u{1f600}', '\ud83d', '\ude00\ud83d'].map(isWellFormed)).toEqual([true, true, true, false, false]);
  });
});
