import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/core/text/nearest.ts';
import { escapeForTerminal, hidePaths, shorten, showName } from '../../../src/core/text/text.ts';

const FLAG = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}';

describe('text', () => {
  it.each([
    '\u0000',
    '\u001b[31m',
    '\r',
    '\u009f',
    '\u00ad',
    '\u200b',
    '\u200d',
    '\u200e',
    '\u202e',
    '\u2066',
    '\ufeff',
    '\u{e0041}',
    '\u{e0101}',
  ])('escapes %j for a terminal', { tags: ['T10'] }, (unprintable) => {
    expect(escapeForTerminal(`a${unprintable}b`)).toMatch(/^a\\u\{[0-9a-f]+\}(\[31m)?b$/);
  });

  it('keeps newline, tab and visible letters', () => {
    const text = 'a\n\tü 漢字 🙂 é';
    expect(escapeForTerminal(text)).toBe(text);
  });

  it('removes joiners and partial flags at a cut', { tags: ['T10'] }, () => {
    expect(shorten('ab\u200dcd', 4)).toBe('ab…');
    expect(shorten(`${FLAG} and more`, 9)).toBe('\u{1f3f4}…');
  });

  it('never splits a character', () => {
    expect(shorten('ab🙂cd', 4)).toBe('ab…');
    expect(shorten('abcd', 4)).toBe('abcd');
    expect(showName(`x${'y'.repeat(300)}`)).toHaveLength(128);
  });

  it('cuts absolute paths to their last segment, and nothing else', () => {
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
