import { describe, expect, it } from 'vitest';
import { toJsonText } from '../../../../src/core/json/exact-number.ts';
import { parseExact } from '../../../../src/core/json/exact-parse.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { checkArguments } from '../../../../src/gateway/call/arguments.ts';
import { vetSchema } from '../../../../src/registry/offer/vet.ts';
import { createValidatorSet } from '../../../../src/registry/validators.ts';
import { cpuMs } from '../../../support/cpu-time.ts';

/** Checks arguments given as JSON: returns the JSON that the tool gets, or the error. */
const through = (schema: object, caps?: { depth: number; keys: number; items: number }): ((args: string) => string) => {
  const vetted = vetSchema({ type: 'object', ...(parseExact(toJsonText(schema)) as object) }, 64 * 1024);
  if (vetted.refused !== undefined) throw new Error(vetted.refused);
  const checker = createValidatorSet(caps).compile(vetted.schema, vetted.dialect);
  return (args) => {
    const checked = checkArguments({ tool: { exactNumbers: true }, checker } as never, parseExact(args) as JsonObject);
    return checked.fault ?? toJsonText(checked.args);
  };
};
const v = (schema: unknown): object => ({ properties: { v: schema } });

describe('patterns', () => {
  it('are checked separately, in any order', { tags: ['patterns-apart'] }, () => {
    const set = createValidatorSet();
    const by = (part: object) => {
      const vetted = vetSchema({ type: 'object', ...part }, 1000);
      if (vetted.refused !== undefined) throw new Error(vetted.refused);
      const { validate } = set.compile(vetted.schema, vetted.dialect);
      return (args: JsonObject): boolean => validate(args) === undefined;
    };
    const [slug, date] = [by(v({ pattern: '^[a-z]+$' })), by(v({ pattern: '^\\d{4}-\\d{2}$' }))];
    const labels = by({ patternProperties: { '^x-': { type: 'string' }, '^n-': { type: 'number' } }, additionalProperties: false });
    for (let round = 0; round < 2; round++) {
      expect([slug({ v: 'abc' }), slug({ v: '2026-11' }), date({ v: '2026-11' }), date({ v: 'abc' })]).toEqual([true, false, true, false]);
      expect([labels({ 'x-a': 'b', 'n-a': 1 }), labels({ 'x-a': 1 }), labels({ 'n-a': 'b' }), labels({ y: 1 })]).toEqual([
        true,
        false,
        false,
        false,
      ]);
    }
  });
});

describe('numbers', () => {
  it.each<[object, string, boolean]>([
    [{ multipleOf: 0.01 }, '19.99', true],
    [{ multipleOf: 0.01 }, '0.015', false],
    [{ multipleOf: 0.1 }, '1e300', true],
    [{ multipleOf: 3 }, '9007199254740993', true],
    [{ multipleOf: 3 }, '9007199254740994', false],
    [{ multipleOf: 1e-308 }, '1e-999999999', false],
    [{ multipleOf: 7 }, `1${'0'.repeat(900)}`, false],
    [{ maximum: 9007199254740992 }, '9007199254740993', false],
    [{ maximum: 9007199254740992 }, '9007199254740992.0', true],
    [{ exclusiveMinimum: 0.1 }, '0.1000000000000000000001', true],
    [{ exclusiveMaximum: 0.1 }, '0.09999999999999999999999', true],
    [{ minimum: -5 }, '-5.000000000000000000001', false],
    [{ type: 'integer' }, '9007199254740993.5', false],
    [{ type: 'integer' }, '9007199254740993', true],
    [{ enum: [9007199254740992, 'a'] }, '9007199254740993', false],
    [{ const: { n: [9007199254740992] } }, '{"n":[9007199254740993]}', false],
    [{ const: { n: [1] } }, '{"n":[1.0]}', true],
    [{ uniqueItems: true }, '[9007199254740993,9007199254740992]', true],
    [{ uniqueItems: true }, '[9007199254740993,9007199254740993.0]', false],
  ])('of %j are compared by their digits: %s is valid, %s', { tags: ['decimal-numbers'] }, (schema, text, fits) => {
    const args = `{"v":${text}}`;
    expect(through(v(schema))(args) === args).toBe(fits);
  });

  it('of a schema are compared with all their digits', { tags: ['decimal-numbers'] }, () => {
    const check = through(v(parseExact('{"maximum":9223372036854775807,"type":"integer"}')));
    expect(['9223372036854775807', '9223372036854775808', '12'].map((n) => check(`{"v":${n}}`).startsWith('{'))).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('texts', () => {
  const object = { type: 'object', properties: { deep: { type: 'boolean' } } };
  const numbers = { type: 'array', items: { type: 'integer' } };

  it.each<[string, unknown, string, string]>([
    ['a list', numbers, '"[1,2]"', '[1,2]'],
    ['an object', object, '"{\\"deep\\":true}"', '{"deep":true}'],
    ['a whole number', { type: 'integer' }, '" 5 "', '5'],
    ['a number with all its digits', { type: 'number' }, '"9007199254740993.10"', '9007199254740993.10'],
    ['a boolean', { type: 'boolean' }, '"true"', 'true'],
    ['a string in a list', numbers, '[1,"2"]', '[1,2]'],
    ['a string in a string', { type: 'array', items: object }, '"[{\\"deep\\":\\"false\\"}]"', '[{"deep":false}]'],
    ['one of several types', { anyOf: [{ type: 'integer' }, { type: 'array' }] }, '"[5]"', '[5]'],
    ['the type of a reference', { $ref: '#/$defs/n' }, '"5"', '5'],
    ['the type of allOf', { allOf: [{ minimum: 1 }, { type: 'number' }] }, '"5"', '5'],
    ['a nullable type', { type: ['integer', 'null'] }, '"5"', '5'],
    [
      'what the alternative wants that is meant',
      {
        oneOf: [
          { properties: { k: { const: 'a' }, n: { type: 'integer' } } },
          { properties: { k: { const: 'b' }, n: { type: 'string' } } },
        ],
        required: ['k'],
      },
      '{"k":"a","n":"5"}',
      '{"k":"a","n":5}',
    ],
    [
      'what the condition wants that holds',
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      { properties: { n: true }, if: { properties: { k: { const: 'a' } } }, then: { properties: { n: { type: 'integer' } } } },
      '{"k":"a","n":"5"}',
      '{"k":"a","n":5}',
    ],
  ])('become %s', { tags: ['F52'] }, (_, schema, given, got) => {
    expect(through({ ...v(schema), $defs: { n: { type: 'integer' } } })(`{"v":${given}}`)).toBe(`{"v":${got}}`);
  });

  it.each<[string, unknown, string]>([
    ['no type is required', { minimum: 1 }, '"5"'],
    ['strings are accepted', { type: 'string' }, '"5"'],
    ['strings are accepted too', { type: ['integer', 'string'] }, '"5"'],
    ['an alternative accepts them', { anyOf: [{ type: 'integer' }, { type: 'string', maxLength: 5 }] }, '"5"'],
  ])('stay strings if %s', { tags: ['F52'] }, (_, schema, given) => {
    expect(through(v(schema))(`{"v":${given}}`)).toBe(`{"v":${given}}`);
  });

  it.each<[string, unknown, string]>([
    ['null', { type: ['integer', 'null'] }, '"null"'],
    ['not JSON', { type: 'integer' }, '"five"'],
    ['not a JSON number', { type: 'number' }, '"NaN"'],
    ['another type', numbers, '"{}"'],
    ['a fraction for a whole number', { type: 'integer' }, '"5.5"'],
    ['an object with a duplicate key', object, '"{\\"a\\":1,\\"a\\":2}"'],
    ['too deep', { type: 'array' }, `"${'['.repeat(8)}${']'.repeat(8)}"`],
    ['too many items', numbers, '"[1,2,3,4,5,6]"'],
    ['too many keys', object, '"{\\"a\\":1,\\"b\\":2,\\"c\\":3,\\"d\\":4}"'],
    ['a string that is too long for an alternative', { anyOf: [{ type: 'integer' }, { type: 'string', maxLength: 1 }] }, '"55"'],
  ])('are rejected if they contain %s', { tags: ['F52'] }, (_, schema, given) => {
    expect(through(v(schema), { depth: 8, keys: 4, items: 5 })(`{"v":${given}}`)).not.toMatch(/^\{/);
  });

  it('are searched within limits', { tags: ['F52', 'T14'] }, async () => {
    const twice = { properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#', title: 'b' }] }, n: { type: 'integer' } } };
    const deep = `${'{"a":'.repeat(60)}{"n":"x"}${'}'.repeat(60)}`;
    expect(await cpuMs(() => through(twice)(deep))).toBeLessThan(2000);
  });
});

describe('a large schema', () => {
  it('is compiled in parts that the arguments need, without blocking the event loop', { tags: ['F51', 'checks-counted'] }, async () => {
    const properties = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`p${i}`, { type: 'string', enum: [`v${i}`, 'w'] }]));
    const vetted = vetSchema({ type: 'object', properties, required: ['p3'], additionalProperties: false }, 128 * 1024);
    if (vetted.refused !== undefined) throw new Error(vetted.refused);
    const { validate, ready } = createValidatorSet().compile(vetted.schema, vetted.dialect);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const all = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`p${i}`, 'w']));
    await ready(all);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(2);
    expect(ready(all)).toBeUndefined();
    expect(validate(all)).toBeUndefined();
    expect([validate({ p3: 'x' }), validate({ p3: 'v3', q: 1 }), validate({})]).toEqual([
      'p3 must be one of ["v3","w"]',
      'the arguments must not have "q"',
      'p3 is required',
    ]);
  });

  it('gives the same results in parts and as a whole', { tags: ['checks-counted'] }, () => {
    const many = (n: number, make: (i: number) => object): object[] => Array.from({ length: n }, (_, i) => make(i));
    const check = through({
      properties: {
        one: { oneOf: many(80, (i) => ({ const: i })) },
        any: { anyOf: many(80, (i) => ({ type: 'string', const: `k${i}` })) },
        all: { allOf: many(80, (i) => ({ not: { const: i } })) },
        list: { prefixItems: many(80, (i) => ({ maximum: i })), items: false },
        self: { $ref: '#' },
      },
      patternProperties: Object.fromEntries(many(80, (i) => ({ i })).map((_, i) => [`^x${i}$`, { type: 'integer' }])),
      dependentSchemas: Object.fromEntries(many(80, (i) => ({ i })).map((_, i) => [`d${i}`, { required: [`e${i}`] }])),
      additionalProperties: { type: 'string' },
    });
    const good = [
      '{"one":5}',
      '{"any":"k79"}',
      '{"all":80}',
      '{"list":[0,1,2]}',
      '{"self":{"one":1}}',
      '{"x7":1}',
      '{"y":"a"}',
      '{"d1":"a","e1":"b"}',
    ];
    const bad = [
      '{"one":80}',
      '{"any":"k80"}',
      '{"all":79}',
      '{"list":[0,2]}',
      '{"self":{"one":-1}}',
      '{"x7":[]}',
      '{"y":1}',
      '{"d1":"a"}',
    ];
    expect(good.map((args) => check(args) === args)).toEqual(good.map(() => true));
    expect(bad.map((args) => check(args).startsWith('{'))).toEqual(bad.map(() => false));
  });
});

describe('hostile schemas', () => {
  const deepArgs = `${'{"a":'.repeat(60)}{"z":1}${'}'.repeat(60)}`;
  const doubling = {
    anyOf: [
      { properties: { a: { $ref: '#/$defs/t' } }, required: ['b'] },
      { properties: { a: { $ref: '#/$defs/t' } }, required: ['c'] },
    ],
  };

  it.each<[string, object, string]>([
    ['double with each level of the value', { ...v(true), $ref: '#/$defs/t', $defs: { t: { allOf: [doubling, doubling] } } }, deepArgs],
    [
      'look through a list a thousand times',
      { properties: { v: { allOf: Array.from({ length: 900 }, (_, i) => ({ items: { not: { const: -i } } })) } } },
      `{"v":[${Array.from({ length: 9_000 }, (_, i) => i + 1).join()}]}`,
    ],
    [
      'compare every item with every value',
      { properties: { v: { items: { enum: Array.from({ length: 6_000 }, (_, i) => -i) } } } },
      `{"v":[${Array.from({ length: 50_000 }, (_, i) => i).join()}]}`,
    ],
    ['run a large pattern on a long text', { properties: { v: { pattern: '(?:a{0,500}){0,2}$' } } }, `{"v":"${'a'.repeat(200_000)}"}`],
    [
      'want items different at every level',
      { properties: { v: { $ref: '#/$defs/l' } }, $defs: { l: { uniqueItems: true, items: { $ref: '#/$defs/l' } } } },
      `{"v":${'['.repeat(60)}${'1,'.repeat(20_000)}2${']'.repeat(60)}}`,
    ],
  ])('that %s are given up within the budget', { tags: ['F51', 'T14', 'checks-counted'] }, async (_, schema, args) => {
    const check = through(schema);
    check('{}');
    expect(await cpuMs(() => check(args))).toBeLessThan(3000);
  });
});
