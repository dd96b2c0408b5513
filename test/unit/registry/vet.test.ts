import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCompiler } from '../../../src/registry/check/compiler.ts';
import { notLinear } from '../../../src/registry/check/linear.ts';
import { createProgram } from '../../../src/registry/check/program.ts';
import { survey } from '../../../src/registry/check/survey.ts';
import { vetSchema } from '../../../src/registry/offer/vet.ts';
import { createValidatorSet } from '../../../src/registry/validators.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const refusal = (schema: unknown): string | undefined => vetSchema(schema, 64 * 1024).refused;
const nested = (levels: number): object => (levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(levels - 1) } });

describe('vetSchema', () => {
  it.each([
    ['null', null],
    ['a boolean', true],
    ['a list', []],
    ['a string', 'object'],
    ['no type', { properties: {} }],
    ['another root type', { type: 'string' }],
    ['an $id that is not a string', { type: 'object', $id: 1 }],
    ['65 levels', nested(65)],
    ['a default of 300 levels', { type: 'object', default: JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) }],
    ['more than 1 MB', { type: 'object', description: 'x'.repeat(1024 * 1024) }],
  ])('rejects %s', { tags: ['F49', 'F50', 'F51', 'T14'] }, async (_, schema) => {
    expect(await cpuMs(() => expect(refusal(schema)).toBeTypeOf('string'))).toBeLessThan(1000);
  });

  it.each([
    ['an older dialect', { type: 'object', $schema: 'http://json-schema.org/draft-04/schema#' }],
    ['an unknown dialect', { type: 'object', $schema: 'urn:none' }],
    ['2,001 subschemas', { type: 'object', properties: Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [i, {}])) }],
    ['more than 64 KB without its texts', { type: 'object', required: ['x'.repeat(65 * 1024)] }],
    [
      'an expansion to 2^18',
      {
        type: 'object',
        $defs: Object.fromEntries(
          Array.from({ length: 19 }, (_, i) => [
            `d${i}`,
            i < 18 ? { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] } : {},
          ]),
        ),
        $ref: '#/$defs/d0',
      },
    ],
  ])('serves %s without checks, and reports it', { tags: ['F49', 'F50', 'F51', 'T14', 'checks-counted'] }, async (_, schema) => {
    const used = await cpuMs(() => {
      const vetted = vetSchema(schema, 64 * 1024);
      expect(vetted).toMatchObject({ dialect: undefined, unchecked: [expect.stringContaining('arguments are not checked: ')] });
    });
    expect(used).toBeLessThan(1000);
  });

  const chain = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`d${i}`, { $ref: `#/$defs/d${i + 1}` }]));

  it.each(['http://json-schema.org/draft-06/schema#', 'http://json-schema.org/draft-07/schema#'])(
    'does not follow references that %s does not know',
    { tags: ['F50'] },
    ($schema) => {
      const properties = { a: { type: 'string', $dynamicRef: '#/$defs/b' }, c: { $recursiveRef: '#' } };
      const vetted = vetSchema({ $schema, type: 'object', properties, required: ['a'], $defs: { b: { type: 'number' } } }, 64 * 1024);
      if (vetted.refused !== undefined) throw new Error(vetted.refused);
      const { validate } = createValidatorSet().compile(vetted.schema, vetted.dialect);
      expect([validate({ a: 'x', c: 1 }), validate({ a: 1 })]).toEqual([undefined, expect.stringContaining('a')]);
    },
  );

  it.each<[string, object, string]>([
    ['a reference to the network', { properties: { a: { $ref: 'https://example.com/x' } } }, '/$ref leaves the schema'],
    ['a reference to a file', { properties: { a: { $ref: 'file:///etc/passwd' } } }, '/$ref leaves the schema'],
    ['a reference to nothing', { properties: { a: { $ref: '#/$defs/none' } } }, '/$ref leaves the schema'],
    ['a reference to itself', { $ref: '#' }, '/$ref leads back to itself'],
    ['a loop of references', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }, '/$ref leads back to itself'],
    ['a chain of 500 references to nothing', { $ref: '#/$defs/d0', $defs: chain }, '/$ref leaves the schema'],
    ['a dynamic reference', { $dynamicRef: '#x' }, '/$dynamicRef is a dynamic reference with several possible targets'],
    ['an unknown type', { properties: { a: { type: 'strin' } } }, '#/properties/a/type is not one of'],
    [
      'required that is not a list',
      { properties: { a: { minLength: 1, required: true } } },
      '#/properties/a/required is not a list of names',
    ],
    ['properties that are not an object', { properties: null }, '#/properties is not an object'],
    ['a pattern with lookahead', { properties: { a: { pattern: '(?=x)y' } } }, 'is a pattern that cannot be run in linear time'],
    ['a value that is not a schema', { properties: { a: 'string' } }, '#/properties/a is not a schema'],
  ])('leaves out %s, checks the rest, and reports it', { tags: ['F49', 'F50', 'T14'] }, (_, part, what) => {
    const schema = { type: 'object', required: ['b'], ...part };
    const vetted = vetSchema(schema, 64 * 1024);
    if (vetted.refused !== undefined) throw new Error(vetted.refused);
    expect(vetted.unchecked).toEqual([expect.stringContaining(what)]);
    const { validate } = createValidatorSet().compile(vetted.schema, vetted.dialect);
    expect([validate({ a: 1, b: 1 }), validate({ a: {} })]).toEqual([undefined, 'b is required']);
  });

  it.each([
    ['an empty object schema', { type: 'object' }],
    ['recursion through the value', { type: 'object', properties: { child: { $ref: '#' } } }],
    ['recursion below a combination', { type: 'object', allOf: [{ properties: { c: { $ref: '#' } } }] }],
    [
      'its own $id in references',
      { type: 'object', $id: 'http://x/y', properties: { a: { $ref: 'http://x/y#/$defs/z' } }, $defs: { z: {} } },
    ],
    ['anchors', { type: 'object', $defs: { a: { $anchor: 'here', type: 'string' } }, properties: { a: { $ref: '#here' } } }],
    [
      'draft-07',
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        definitions: { a: {} },
        properties: { a: { $ref: '#/definitions/a' } },
      },
    ],
    ['a tuple of an older dialect', { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }] } } }],
    ['boolean schemas', { type: 'object', properties: { a: true }, additionalProperties: false }],
  ])('accepts %s', (_, schema) => {
    expect(refusal(schema)).toBeUndefined();
  });

  it("does not change the plugin's object, and removes $id from the copy", () => {
    const schema = { type: 'object', $id: 'x', properties: { a: { $id: 'y' } } };
    const vetted = vetSchema(schema, 1000);
    expect(vetted.refused).toBeUndefined();
    expect(JSON.stringify(vetted)).not.toContain('$id');
    expect(schema.$id).toBe('x');
  });

  it('never throws, for any input', { tags: ['F49'] }, () => {
    const schema = fc.object({
      key: fc.constantFrom('type', 'properties', '$ref', 'items', 'allOf', 'enum', '$defs', 'required', 'x', '$schema'),
      maxDepth: 4,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          schema,
          schema.map((s) => ({ ...s, type: 'object' })),
          fc.jsonValue(),
        ),
        (s) => void vetSchema(s, 10_000),
      ),
    );
  });

  it('accepts exactly the schemas that the compiler accepts', () => {
    const compiler = createCompiler();
    const type = fc.constantFrom('string', 'number', 'boolean', 'null', 'integer');
    const leaf = fc.record(
      { type, enum: fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 3 }), minimum: fc.integer() },
      { requiredKeys: ['type'] },
    );
    const schema = fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.string(), leaf, { maxKeys: 5 }),
      required: fc.uniqueArray(fc.string(), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(schema, (s) => {
        const vetted = vetSchema(s, 10_000);
        if (vetted.refused !== undefined) throw new Error(vetted.refused);
        expect(vetted.unchecked).toEqual([]);
        expect(() => createProgram(survey(vetted.schema, '2020-12', notLinear), false, compiler)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe('a schema that was vetted', () => {
  const word = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '$id', 'x y', '');
  const { schema } = fc.letrec<{ schema: object; leaf: object; branch: object }>((tie) => ({
    leaf: fc.oneof(
      fc.constantFrom(
        { type: 'string' },
        { type: 'integer', minimum: 1 },
        { enum: ['a', 1, null] },
        { const: { a: 1 } },
        { type: ['string', 'null'] },
      ),
      fc.constantFrom({ $ref: '#/$defs/a' }, { $ref: '#' }, { $ref: '#/$defs/none' }, { pattern: '^(a+)+$' }, { format: 'uri' }, {}),
    ),
    branch: fc.oneof(
      fc.dictionary(word, tie('schema'), { maxKeys: 3 }).map((properties) => ({ type: 'object', properties, additionalProperties: false })),
      tie('schema').map((items) => ({ type: 'array', items, uniqueItems: true })),
      fc
        .tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf'), fc.array(tie('schema'), { minLength: 1, maxLength: 3 }))
        .map(([k, list]) => ({ [k]: list })),
      tie('schema').map((not) => ({ not })),
    ),
    schema: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('branch')),
  }));
  const root = fc
    .tuple(fc.dictionary(word, schema, { maxKeys: 4 }), schema, fc.uniqueArray(word, { maxLength: 2 }))
    .map(([properties, a, required]) => ({ type: 'object', properties, required, $defs: { a } }));

  it('compiles, and checks any arguments deterministically without an exception', () => {
    fc.assert(
      fc.property(root, fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), (s, args) => {
        const vetted = vetSchema(s, 64 * 1024);
        if (vetted.refused !== undefined) return;
        const { validate } = createValidatorSet().compile(vetted.schema, vetted.dialect);
        const before = JSON.stringify(args);
        const first = validate(args as never);
        expect(validate(args as never)).toBe(first);
        expect(JSON.stringify(args)).toBe(before);
        // The compiler ignores a required property with an empty name.
        for (const name of s.required) if (name !== '' && !Object.hasOwn(args, name)) expect(first).toBeTypeOf('string');
      }),
      { numRuns: 40 },
    );
  });
});

describe('createValidatorSet', () => {
  const check = (schema: object, args: object): string | undefined => {
    const vetted = vetSchema(schema, 64 * 1024);
    if (vetted.refused !== undefined) throw new Error(vetted.refused);
    return createValidatorSet()
      .compile(vetted.schema, vetted.dialect)
      .validate(args as never);
  };

  it.each([
    [{ required: ['a'] }, {}, 'a is required'],
    [{ properties: { o: { type: 'object', required: ['b'] } } }, { o: {} }, 'o.b is required'],
    [{ properties: { a: { type: 'number' } } }, { a: 'one' }, 'a must be number'],
    [{ properties: { a: { enum: ['x', 'y'] } } }, { a: 'z' }, 'a must be one of ["x","y"]'],
    [{ properties: { l: { items: { type: 'string' } } } }, { l: ['a', 1] }, 'l.1 must be string'],
    [{ additionalProperties: false }, { x: 1 }, 'the arguments must not have "x"'],
    [{ properties: { a: { const: 5 } } }, { a: 6 }, 'a must be 5'],
    [
      { properties: { l: { uniqueItems: true } } },
      {
        l: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      },
      'l must not have equal items',
    ],
  ])('describes the error in one sentence: %j', (part, args, message) => {
    expect(check({ type: 'object', ...part }, args)).toBe(message);
  });

  it('coerces nothing, adds no defaults, and accepts what the schema accepts', { tags: ['F52'] }, () => {
    const args = { extra: 1 };
    expect(check({ type: 'object', properties: { a: { type: 'string', default: 'x' } } }, args)).toBeUndefined();
    expect(args).toEqual({ extra: 1 });
  });

  it('runs patterns in linear time', { tags: ['F51', 'T14'] }, async () => {
    const slow = { type: 'object', properties: { a: { pattern: '^(a+)+$' } } };
    expect(await cpuMs(() => expect(check(slow, { a: `${'a'.repeat(40)}!` })).toBeTypeOf('string'))).toBeLessThan(2000);
  });

  it('compares 20,000 objects without blocking', { tags: ['F51', 'T14'] }, async () => {
    const list = Array.from({ length: 20_000 }, (_, i) => ({ i }));
    const unique = { type: 'object', properties: { l: { uniqueItems: true } } };
    expect(await cpuMs(() => expect(check(unique, { l: list })).toBeUndefined())).toBeLessThan(2000);
  });

  it('does not treat inherited members as arguments', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(check({ type: 'object', required: [name] }, {})).toBe(`${name} is required`);
  });

  it('checks a recursive schema, beside other recursive ones', () => {
    const set = createValidatorSet();
    const compile = (field: string) => {
      const branch = { anyOf: [{ $ref: '#' }, { type: 'null' }] };
      const vetted = vetSchema({ type: 'object', properties: { [field]: { type: 'string' }, next: branch }, required: [field] }, 1000);
      if (vetted.refused !== undefined) throw new Error(vetted.refused);
      return set.compile(vetted.schema, vetted.dialect);
    };
    const [a, b] = [compile('a'), compile('b')];
    expect([a.validate({}), b.validate({})]).toEqual(['a is required', 'b is required']);
    expect(a.validate({ a: 'x', next: { a: 'y', next: null } })).toBeUndefined();
    expect(a.validate({ a: 'x', next: { b: 'y' } })).toBeTypeOf('string');
    expect(b.validate({ b: 'x', next: { b: 7 } })).toBeTypeOf('string');
  });

  it('does not mix schemas with the same $id', { tags: ['schema-id-apart', 'T14'] }, () => {
    const set = createValidatorSet();
    const compile = (type: string) => {
      const vetted = vetSchema({ type: 'object', $id: 'same', properties: { a: { type } } }, 1000);
      if (vetted.refused !== undefined) throw new Error(vetted.refused);
      return set.compile(vetted.schema, vetted.dialect).validate;
    };
    const [text, number] = [compile('string'), compile('number')];
    expect([text({ a: 'x' }), number({ a: 'x' })]).toEqual([undefined, 'a must be number']);
  });
});
