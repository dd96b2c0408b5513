import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/core/nearest.ts';
import { escapeHidden, hasHidden, hidePaths, shorten, showName } from '../../../src/core/text.ts';

describe('text', () => {
  it.each(['\u0000', '\u001b[31m', '\u009f', '\u200b', '\u202e', '\u2066', '\ufeff', '\u{e0041}'])(
    'finds and writes out the hidden %j',
    { tags: ['T10'] },
    (hidden) => {
      expect(hasHidden(`a${hidden}b`)).toBe(true);
      expect(hasHidden(escapeHidden(`a${hidden}b`))).toBe(false);
    },
  );

  it('leaves newline, tab and every visible letter', () => {
    const text = 'a\n\tü 漢字 🙂 é';
    expect(hasHidden(text)).toBe(false);
    expect(escapeHidden(text)).toBe(text);
  });

  it('never cuts a character in two', () => {
    expect(shorten('ab🙂cd', 4)).toBe('ab…');
    expect(shorten('abcd', 4)).toBe('abcd');
    expect(showName(`x${'y'.repeat(300)}`)).toHaveLength(128);
  });

  it('cuts absolute paths to their last part, and nothing else', () => {
    expect(hidePaths('at /home/ada/plugins/notes/index.ts:3:4 failed')).toBe('at index.ts:3:4 failed');
    expect(hidePaths('file:///srv/x/y.mjs')).toBe('y.mjs');
    expect(hidePaths('C:\\Users\\ada\\x.ts')).toBe('x.ts');
    for (const text of ['see https://example.com/a/b', 'text/plain', 'and/or', '1/2', 'a/b/c']) expect(hidePaths(text)).toBe(text);
  });

  it('finds the nearest names', () => {
    expect(nearest('notes_raed', ['notes_read', 'notes_write', 'agenda_list'])).toEqual(['notes_read']);
    expect(nearest('read', ['notes_read', 'other'])).toEqual(['notes_read']);
    expect(nearest('zzz', ['notes_read'])).toEqual([]);
  });
});
