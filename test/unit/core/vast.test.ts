import { describe, expect, it } from 'vitest';
import { parseExact } from '../../../src/core/json/exact-parse.ts';
import { type JsonError, parseJson } from '../../../src/core/json/json-scan.ts';
import { isVast, refuseVast, VastError } from '../../../src/core/json/vast.ts';

const list = (unit: string, count: number): string => `[${Array(count).fill(unit).join(',')}]`;
const members = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(',')}}`;

describe('a text that would take seconds to parse', { tags: ['messages-bounded'] }, () => {
  it.each([
    ['objects', list('{}', 300_000)],
    ['lists', list('[]', 300_000)],
    ['numbers', list('0', 1_200_000)],
    ['members of one object', members(60_000)],
    ['members far inside', `{"a":[[[${members(60_000)}]]]}`],
  ])('is rejected before parsing: %s', (_, text) => {
    expect(() => refuseVast(text)).toThrow(VastError);
    expect(() => parseExact(text)).toThrow(VastError);
  });

  it.each([
    ['a long text', JSON.stringify({ a: '[{,:'.repeat(2_000_000) })],
    ['many rows', list('{"a":1,"b":"two"}', 150_000)],
    ['many numbers', list('12345', 900_000)],
    ['quotes and backslashes', JSON.stringify(['\\"[{'.repeat(300_000)])],
  ])('does not include %s', (_, text) => {
    expect(() => refuseVast(text)).not.toThrow();
  });

  it('is also rejected by the limits for clients', () => {
    const text = `[${Array(20).fill(list('{}', 20_000)).join(',')}]`;
    const caps = { depth: 64, keys: 10_000, items: 100_000 };
    expect(() => parseJson(text, caps)).toThrow(expect.objectContaining({ fault: 'items' }) as JsonError);
  });
});

describe('isVast', () => {
  it('counts values at every depth, without recursion', () => {
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(isVast(deep, 50_000)).toBe(true);
    expect(isVast(deep, 200_000)).toBe(false);
    expect(isVast({ a: [1, 2, { b: 3 }] }, 6)).toBe(false);
    expect(isVast({ a: [1, 2, { b: 3 }] }, 5)).toBe(true);
    expect(isVast(null, 1)).toBe(false);
  });
});
