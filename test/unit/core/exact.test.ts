import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { ExactNumber, toJsonText } from '../../../src/core/json/exact-number.ts';
import { parseExact, parseLine } from '../../../src/core/json/exact-parse.ts';
import { JsonBytes } from '../../../src/core/json/exact-scan.ts';
import {
  doubleFault,
  findFault,
  holdsExact,
  noteExact,
  restoreExact,
  toDoubles,
  toSafeDoubles,
} from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { type JsonCaps, JsonError, parseMessage } from '../../../src/core/json/json-scan.ts';

const CAPS = { depth: 64, keys: 10_000, items: 10_000 };
const EXACT = [
  '9007199254740993',
  '-9007199254740993',
  '1234567890123456789',
  '1.0',
  '-0',
  '-0.0',
  '1e2',
  '1E+2',
  '0.10',
  '1e999',
  '0.0000001',
];
const ORDINARY = [
  '0',
  '1',
  '-1',
  '0.1',
  '0.05',
  '0.000001',
  '1.5',
  '9007199254740991',
  '9007199254740994',
  '0.30000000000000004',
  '1e+21',
  '5e-324',
];

function readMessage(json: string, caps: JsonCaps): JsonValue {
  return parseMessage(Buffer.from(json), json, caps);
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 });
/** Every notation of a JSON number. */
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits.map((text) => text.replace(/^0+(?=\d)/, '')),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 400 })), { nil: undefined }),
  )
  .map(([sign, whole, part, exponent]) => `${sign}${whole}${part === undefined ? '' : `.${part}`}${exponent?.join('') ?? ''}`);
const text = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    fc.oneof(fc.string(), number, fc.constant('a "1.0" \\')).map((inner) => JSON.stringify(inner)),
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `{${items.map((item, i) => `"k${i}":${item}`).join(',')}}`),
  ),
})).value;

describe('numbers of a JSON text', () => {
  it('survive parsing and serialising unchanged, at any position', { tags: ['numbers-exact'] }, () => {
    fc.assert(
      fc.property(text, (json) => {
        const compact = json.replace(/("(?:[^"\\]|\\.)*")/g, (string) => JSON.stringify(JSON.parse(string)));
        for (const parse of [parseExact, (one: string) => readMessage(one, CAPS), (one: string) => parseLine(Buffer.from(one))]) {
          const value = parse(json);
          expect(toJsonText(value)).toBe(compact);
          expect(JSON.stringify(toDoubles(value))).toBe(JSON.stringify(JSON.parse(json)));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are exact numbers only if JavaScript would write them differently', () => {
    fc.assert(
      fc.property(number, (one) => {
        const same = String(Number(one)) === one;
        expect(parseExact(one) instanceof ExactNumber).toBe(!same);
        expect(new JsonBytes(Buffer.from(`[ ${one} , "${one}"]`)).findExact()).toEqual(same ? undefined : [2, 2 + one.length]);
      }),
      { numRuns: 2_000 },
    );
    for (const one of EXACT) expect(parseExact(one)).toBeInstanceOf(ExactNumber);
    for (const one of ORDINARY) expect(parseExact(one)).toBe(Number(one));
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (one) => {
        expect(parseExact(JSON.stringify(one))).toBe(one || 0);
      }),
    );
  });

  it('are rejected if malformed', () => {
    for (const bad of [
      '01',
      '1.',
      '.5',
      '-',
      '1e',
      '+1',
      '--1.0',
      '1.0.0',
      '1.0x',
      '{1.0:2}',
      '{NaN:1}',
      'nan',
      '-NaN',
      'Infinit',
      '1.0"a"',
      '[1.0',
    ]) {
      expect(() => parseExact(bad), bad).toThrow(SyntaxError);
      expect(() => readMessage(bad, CAPS), bad).toThrow(JsonError);
    }
  });

  it('count against the limits, and a long one costs linear time', { tags: ['F12'] }, () => {
    const faultOf = (json: string): string | undefined => {
      try {
        readMessage(json, { depth: 8, keys: 50, items: 20 });
        return undefined;
      } catch (error) {
        return (error as JsonError).fault;
      }
    };
    expect(faultOf(`${'['.repeat(9)}1.0${']'.repeat(9)}`)).toBe('depth');
    expect(faultOf(`[${Array(21).fill('1.0').join(',')}]`)).toBe('items');
    expect(faultOf('{"a":1.0,"a":1.0}')).toBe('duplicate');
    expect(faultOf('{"a":NaN,"\\u0061":1.0}')).toBe('duplicate');
    const long = '7'.repeat(4 * 1024 * 1024);
    const { a, b } = readMessage(`{"a":${long},"b":0.${long}}`, CAPS) as Record<string, ExactNumber>;
    expect([a?.text.length, b?.text.length]).toEqual([long.length, long.length + 2]);
    expect([a?.fault, b?.fault]).toEqual(['has more than 1000 characters', 'has more than 1000 characters']);
    let deep: JsonValue = parseExact(`${'['.repeat(50_000)}1.0${']'.repeat(50_000)}`);
    while (Array.isArray(deep)) deep = deep[0] as JsonValue;
    expect(String(deep)).toBe('1.0');
  });

  it('that JSON does not have are parsed with a fault and serialised as null', () => {
    for (const word of ['NaN', 'Infinity', '-Infinity']) {
      const value = readMessage(`{"a":["NaN",{"b":${word}}],"c":1.0}`, CAPS);
      expect(findFault(value)).toEqual({ path: 'a.1.b', fault: `is ${word}, which is not a number in JSON` });
      expect(toJsonText(value)).toBe('{"a":["NaN",{"b":null}],"c":1.0}');
    }
    expect(findFault(parseExact('{"a":[1,-1e400]}'))).toEqual({ path: 'a.1', fault: 'is too large' });
    expect(findFault(parseExact(`{"a":${'9'.repeat(400)}}`))).toBeUndefined();
  });
});

describe('ExactNumber', () => {
  const value = parseExact('{"a":[{"id":9007199254740993,"rate":1.0}],"b":{"plain":1}}') as JsonObject;

  it('is serialised as a string by code that does not know it', () => {
    const { id } = (value.a as JsonObject[])[0] as JsonObject;
    expect([isJsonObject(id), typeof id, `${id}`]).toEqual([false, 'object', '9007199254740993']);
    expect(JSON.stringify({ ...value })).toBe('{"a":[{"id":"9007199254740993","rate":"1.0"}],"b":{"plain":1}}');
  });

  it('is found in each object around it, and in noted copies', () => {
    expect([value, value.a, value.b].map((one) => holdsExact(one))).toEqual([true, true, false]);
    const copied = { x: { ...value } };
    expect(holdsExact(copied)).toBe(false);
    expect(holdsExact(noteExact(copied))).toBe(true);
    expect(holdsExact(copied.x)).toBe(true);
  });

  it('is restored in a copy with doubles if unchanged there', () => {
    expect(toDoubles(value)).toEqual({ a: [{ id: 9007199254740992, rate: 1 }], b: { plain: 1 } });
    const doubles = toSafeDoubles(value);
    expect(doubles).toEqual({ a: [{ id: '9007199254740993', rate: 1 }], b: { plain: 1 } });
    const changed = { ...doubles, a: [{ ...((doubles.a as JsonObject[])[0] as JsonObject), rate: 2 }], new: 1 };
    expect(toJsonText(restoreExact(changed, value))).toBe('{"a":[{"id":9007199254740993,"rate":2}],"b":{"plain":1},"new":1}');
  });

  it('has a fault for doubles if it is a whole number that would be rounded', () => {
    const faults = ['9007199254740993', '-9007199254740993', '1e999'].map((text) => doubleFault(new ExactNumber(text)));
    expect(faults).toEqual([
      'is a whole number beyond 2^53-1 that JavaScript would round',
      'is a whole number beyond 2^53-1 that JavaScript would round',
      'is too large',
    ]);
    for (const fine of ['1.0', '1e2', '-0', '0.1000000000000000055', '1000000000000000000000'])
      expect(doubleFault(new ExactNumber(fine))).toBeUndefined();
  });

  it('appears in canonical texts as it was sent', () => {
    const canonical = (json: string): string => canonicalJson(parseExact(json));
    expect(canonical('{"b":9007199254740993,"a":1.0}')).toBe('{"a":1.0,"b":9007199254740993}');
    expect(canonical('{"a":9007199254740993}')).not.toBe(canonical('{"a":9007199254740992}'));
    expect(canonical('{"a":1.0}')).not.toBe(canonical('{"a":"1.0"}'));
  });
});
