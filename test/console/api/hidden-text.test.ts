import { describe, expect, it } from 'vitest';
import { asJson, hiddenIn, plain } from '../../../src/console/page/data/hidden.ts';
import { escapeForTerminal } from '../../../src/core/text/text.ts';

describe('hidden characters in the page', () => {
  it('are all that the gateway escapes for a terminal, in a word and at its ends', () => {
    const missed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (escapeForTerminal(character) === character) continue;
      for (const text of [character, `a${character}`, `${character}a`, `a${character}b`, character.repeat(3)])
        if (plain(text).includes(character) || hiddenIn(text) !== [...text].filter((one) => one === character).length)
          missed.push(JSON.stringify(text));
    }
    expect(missed).toEqual([]);
  });

  it.each(['⚠️ careful', '👩‍🌾', '❤️‍🔥', '🏴‍☠️', '1️⃣', '👨🏽‍🚀', 'ẫ', 'שָׁלוֹם', 'ที่นี่'])('leave %s as it is', (text) => {
    expect([plain(text), hiddenIn(text)]).toEqual([text, 0]);
  });

  it.each([
    ['a\u200db', 'a\\u200db'],
    ['👩\u200d', '👩\\u200d'],
    ['👩\u200dx', '👩\\u200dx'],
    ['a\ufe0f', 'a\\ufe0f'],
    ['⚠\ufe0f\ufe0f', '⚠\ufe0f\\ufe0f'],
    ['\u{e0041}', '\\u{e0041}'],
    [`a${'\u0301'.repeat(6)}`, `a${'\u0301'.repeat(4)}\\u0301\\u0301`],
  ])('escape %j', (text, escaped) => {
    expect(plain(text)).toBe(escaped);
    // What was escaped once stays as it is.
    expect(plain(escaped)).toBe(escaped);
  });

  it('are escaped in JSON so that it is read as the same value', () => {
    const value = { 'a\u202eb': ['\u{e0041}\u200b', 'line\nnext', '⚠️', '\\u202e', `z${'\u0300'.repeat(9)}`] };
    const text = asJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(hiddenIn(text)).toBe(0);
  });
});
