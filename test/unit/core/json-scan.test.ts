import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../../src/core/json-scan.ts';

const CAPS = { depth: 8, keys: 50, items: 20 };

function faultOf(text: string): string | undefined {
  try {
    parseJson(text, CAPS);
    return undefined;
  } catch (error) {
    return (error as JsonError).fault;
  }
}

describe('parseJson', () => {
  it('parses what JSON.parse parses, to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text, { depth: 64, keys: 10_000, items: 10_000 })).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never throws anything but a JsonError, whatever the text', { tags: ['F12'] }, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({
            unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', 'a'),
          }),
        ),
        (text) => {
          try {
            parseJson(text, CAPS);
          } catch (error) {
            expect(error).toBeInstanceOf(JsonError);
          }
        },
      ),
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'duplicate'],
    ['{"a":1,"\\u0061":2}', 'duplicate'],
    ['{"x":{"b":1,"b":1}}', 'duplicate'],
    ['{"__proto__":1,"__proto__":2}', 'duplicate'],
    ['[[[[[[[[[1]]]]]]]]]', 'depth'],
    [`[${'1,'.repeat(30)}1]`, 'items'],
    [`{${Array.from({ length: 60 }, (_, i) => `"k${i}":{}`).join(',')}}`, 'items'],
    [`[${Array.from({ length: 10 }, (_, i) => `{${Array.from({ length: 10 }, (_, k) => `"k${i}${k}":1`).join(',')}}`).join(',')}]`, 'keys'],
    ['{"a":1,}', 'syntax'],
    ['', 'syntax'],
    ['"open', 'syntax'],
  ])('refuses %s as %s', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('takes equal keys in different objects, and colons and brackets inside texts', () => {
    expect(faultOf('[{"a":1},{"a":2}]')).toBeUndefined();
    expect(faultOf('{"a":"x:y,{[\\":"}')).toBeUndefined();
    expect(faultOf('{"a\\"b:":1,"a":"\\\\"}')).toBeUndefined();
  });

  it('keeps __proto__ as a plain key', () => {
    const value = parseJson('{"__proto__":{"x":1}}', CAPS);
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
