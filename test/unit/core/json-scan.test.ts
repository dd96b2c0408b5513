import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from '../../../src/core/json/json-scan.ts';

const CAPS = { depth: 8, keys: 50, items: 20 };

function faultOf(text: string, caps = CAPS): string | undefined {
  try {
    parseJson(text, caps);
    return undefined;
  } catch (error) {
    return (error as JsonError).fault;
  }
}

describe('parseJson', () => {
  it('returns the value that JSON.parse returns', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text, { depth: 64, keys: 10_000, items: 10_000 })).toEqual(JSON.parse(text));
      }),
    );
  });

  it('throws only JsonError, for any text', { tags: ['F12'] }, () => {
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

  it('finds a duplicate key at any depth, with any escapes', () => {
    const spell = (key: string): string => `"${[...key].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
    const key = fc.string({ unit: fc.constantFrom('a', 'b', ':', '"', '{', '\\', '_'), maxLength: 4 });
    const around = fc.array(fc.constantFrom('array', 'object'), { maxLength: 5 });
    fc.assert(
      fc.property(key, fc.dictionary(key, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }), around, (twice, others, levels) => {
        delete others[twice];
        const rest = Object.entries(others).map(([k, v]) => `,${JSON.stringify(k)}:${JSON.stringify(v)}`);
        let text = `{${JSON.stringify(twice)}:1${rest.join('')},${spell(twice)}:2}`;
        let once = `{${JSON.stringify(twice)}:1${rest.join('')}}`;
        for (const level of levels) [text, once] = level === 'array' ? [`[${text}]`, `[${once}]`] : [`{"x":${text}}`, `{"x":${once}}`];
        expect(faultOf(text)).toBe('duplicate');
        expect(faultOf(once)).toBeUndefined();
      }),
    );
  });

  it('enforces each limit exactly', () => {
    const nest = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    const list = (items: number): string => `[${Array.from({ length: items }, (_, i) => i).join(',')}]`;
    const keys = (n: number): string => `[${Array.from({ length: n }, (_, i) => `{"k":${i}}`).join(',')}]`;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 60 }), (deep, items, n) => {
        expect(faultOf(nest(deep))).toBe(deep > CAPS.depth ? 'depth' : undefined);
        expect(faultOf(list(items))).toBe(items > CAPS.items ? 'items' : undefined);
        expect(faultOf(keys(Math.min(n, CAPS.items)))).toBeUndefined();
        const objects = `{"a":${keys(20)},"b":${keys(20)},"c":${keys(n % 20)}}`;
        expect(faultOf(objects, { ...CAPS, items: 40 })).toBe(43 + (n % 20) > CAPS.keys ? 'keys' : undefined);
        // The limit of arrays and objects in total is twice that of elements.
        const empty = (count: number): string => `[${Array.from({ length: count }, () => '{}').join(',')}]`;
        const more = n % 5;
        expect(faultOf(`[${empty(18)},${empty(18)},${empty(more)}]`)).toBe(4 + 36 + more > 2 * CAPS.items ? 'items' : undefined);
      }),
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
  ])('rejects %s as %s', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('accepts equal keys in different objects, and colons and brackets inside strings', () => {
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
