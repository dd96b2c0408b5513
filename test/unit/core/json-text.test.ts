import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKeysApart, parseText } from '../../../src/core/json/json-text.ts';

/** Serialises a value with every character of every string escaped, keys included. */
function spelt(value: unknown): string {
  return JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"/g, (text) => {
    const units = [...Array((JSON.parse(text) as string).length).keys()].map((i) => (JSON.parse(text) as string).charCodeAt(i));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
  });
}

describe('parseText', () => {
  it('reads a key with an escape correctly, whatever was parsed before', { tags: ['json-escaped-keys'] }, () => {
    for (const [before, text, keys] of [
      ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}', ['h', '"']],
      ['{"a":[],"\\\\":0}', '{"a":1,"\\u0062":2}', ['a', 'b']],
      ['{"k":[],"ad\\\\u0":0}', '{"k":1,"ad\\u006din":2}', ['k', 'admin']],
    ] as const) {
      parseText(before);
      expect(Object.keys(parseText(text) as object)).toEqual(keys);
    }
  });

  it('throws for text that is not JSON', () => {
    for (const text of ['{"a\\u00":1}', '{"\\"', '{"a":"\\', '"', '\\', '{"\\n":}', '{"\\x":1}'])
      for (const parse of [parseText, parseKeysApart]) expect(() => parse(text)).toThrow(SyntaxError);
  });
});

describe('parseKeysApart', () => {
  it('reads values with and without escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1), (value, indent) => {
        const whole = JSON.parse(JSON.stringify(value)) as unknown;
        expect(parseKeysApart(JSON.stringify(value, undefined, indent))).toEqual(whole);
        expect(parseKeysApart(spelt(value))).toEqual(whole);
      }),
    );
  });

  it('preserves strings that look like keys, the order of keys and the key __proto__', () => {
    expect(JSON.stringify(parseKeysApart('{"b":"\\"a\\":1","\\u0061" : ["\\n:"],"\\u005f_proto__":{"\\n":1},"c":"x:\\\\"}'))).toBe(
      '{"b":"\\"a\\":1","a":["\\n:"],"__proto__":{"\\n":1},"c":"x:\\\\"}',
    );
  });
});
