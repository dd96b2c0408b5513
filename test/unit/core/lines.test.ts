import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../../src/core/text/lines.ts';

// Characters of one to four bytes, and line separators of Unicode.
const CHARACTERS = ['a', '"', '\0', 'é', '\u0085', '\u2028', '€', '😀', '\ud800'];

function split(chunks: readonly Buffer[], limit: number): (string | null)[] {
  const seen: (string | null)[] = [];
  const feed = createLineSplitter(limit, { line: (line) => void seen.push(line.toString()), tooLong: () => void seen.push(null) });
  for (const chunk of chunks) feed(chunk);
  return seen;
}

/** Cuts bytes into chunks of the given lengths, and the rest. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(Math.min(at, bytes.length))];
}

describe('createLineSplitter', () => {
  it('finds the same lines for any chunking', { tags: ['F3'] }, () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 40 })), fc.array(fc.nat(20)), (lines, cuts) => {
        const clean = lines.map((line) => line.replace(/[\r\n]/g, ' '));
        const bytes = Buffer.from(clean.map((line) => `${line}\n`).join(''));
        const chunks = cut(bytes, cuts);
        expect(split(chunks, 1000)).toEqual(split([bytes], 1000));
        expect(split([bytes], 1000)).toEqual(clean.map((line) => Buffer.from(line).toString()));
      }),
    );
  });

  it('reports the same lines as too long for any chunking, limit and line ending', () => {
    const line = fc.tuple(fc.string({ maxLength: 30 }), fc.constantFrom('\n', '\r\n', '\n\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), fc.integer({ min: 1, max: 25 }), (lines, cuts, limit) => {
        const bytes = Buffer.from(lines.map(([text, end]) => text.replace(/[\r\n]/g, ' ') + end).join(''));
        const chunks = cut(bytes, cuts);
        const whole = split([bytes], limit);
        expect(split(chunks, limit)).toEqual(whole);
        // The carriage return of the line ending counts against the limit, the newline does not.
        const expected = bytes.toString().split('\n').slice(0, -1);
        expect(whole).toEqual(expected.map((text) => (Buffer.byteLength(text) > limit ? null : text.replace(/\r$/, ''))));
      }),
    );
  });

  it('reports a line over the limit once, and continues with the next', { tags: ['F2'] }, () => {
    const whole = Buffer.from(`a\n${'x'.repeat(100)}\nb\n`);
    const bytes = [...whole].map((byte) => Buffer.from([byte]));
    expect(split([whole], 10)).toEqual(['a', null, 'b']);
    expect(split(bytes, 10)).toEqual(['a', null, 'b']);
  });

  it('reports an endless line once', { tags: ['F2'] }, () => {
    let reported = 0;
    const feed = createLineSplitter(1000, { line: () => undefined, tooLong: () => void reported++ });
    for (let i = 0; i < 10_000; i++) feed(Buffer.alloc(1000, 120));
    expect(reported).toBe(1);
  });

  it('accepts CR LF as line ending', () => {
    expect(split([Buffer.from('a\r\nb\n\n')], 10)).toEqual(['a', 'b', '']);
  });

  it('reports beginning and end of a skipped line, for any chunking', () => {
    const line = `HEAD${'x'.repeat(5000)}TAIL`;
    for (const size of [1, 7, 999, 10_000]) {
      const seen: string[] = [];
      const feed = createLineSplitter(1000, {
        line: (whole) => void seen.push(whole.toString()),
        tooLong: () => undefined,
        skipped: (head, tail) => void seen.push(`${head.toString().slice(0, 4)} ${tail.toString().slice(-4)}`),
      });
      const text = Buffer.from(`${line}\nnext\n`);
      for (let at = 0; at < text.length; at += size) feed(text.subarray(at, at + size));
      expect(seen).toEqual(['HEAD TAIL', 'next']);
    }
  });
});
