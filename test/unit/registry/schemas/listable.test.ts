import { AjvJsonSchemaValidator as NewerCompiler } from '@modelcontextprotocol/client/validators/ajv';
import { ListToolsResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator as OlderCompiler } from '@modelcontextprotocol/sdk/validation/ajv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject, JsonValue } from '../../../../src/core/json/json.ts';
import { vetSchema } from '../../../../src/registry/offer/vet.ts';
import { toCompilable, toListable } from '../../../../src/registry/schemas/listable.ts';
import { createValidatorSet } from '../../../../src/registry/validators.ts';

const RUNS = Number(process.env.PLUGMUX_SHAPE_RUNS ?? 60);

function shown(schema: object): JsonObject {
  const vetted = vetSchema(schema, 64 * 1024);
  if (vetted.refused !== undefined) throw new Error(vetted.refused);
  return toCompilable(vetted.schema).schema;
}
const property = (schema: unknown): JsonValue =>
  (shown({ type: 'object', properties: { a: schema } }).properties as JsonObject).a as JsonValue;

/** What clients do with a listed tool: parse it, and compile its output schema. */
function take(outputSchema: JsonObject): void {
  const text = JSON.stringify({ tools: [{ name: 'a', inputSchema: { type: 'object' }, outputSchema }] });
  const [tool] = ListToolsResultSchema.parse(JSON.parse(text)).tools;
  new OlderCompiler().getValidator(tool?.outputSchema as never);
  new NewerCompiler().getValidator(tool?.outputSchema as never);
}

describe('an output schema', () => {
  // The compilers warn about every unknown format.
  beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));

  it('is returned as the same object if every client can compile it', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(?=x)', format: 'date-time', nullable: true }, b: { $ref: '#/$defs/b' } },
      required: ['a'],
      $defs: { b: { enum: [1, 2] } },
    };
    expect(toCompilable(schema)).toEqual({ schema, left: [] });
    expect(toCompilable(schema).schema).toBe(schema);
  });

  it.each<[string, unknown, unknown]>([
    ['an unknown type', { type: 'strin', minLength: 1 }, { minLength: 1 }],
    ['a reference to nothing', { $ref: '#/$defs/none' }, {}],
    ['a reference to another document', { $ref: 'https://example.com/x', description: 'd' }, { description: 'd' }],
    ['an invalid regular expression', { type: 'string', pattern: '(' }, { type: 'string' }],
    ['an invalid escape', { type: 'string', pattern: '\\_' }, { type: 'string' }],
    [
      'one of several patterns',
      { type: 'object', patternProperties: { '(': {}, '^a': true } },
      { type: 'object', patternProperties: { '^a': true } },
    ],
    ['a bound of draft-04', { type: 'number', minimum: 1, exclusiveMinimum: true }, { type: 'number', minimum: 1 }],
    ['an id of draft-04', { type: 'string', id: 'x' }, { type: 'string' }],
    ['an empty choice', { type: 'string', enum: [] }, { type: 'string' }],
    ['null without a type', { nullable: true }, {}],
    ['a null type with nullable: false', { type: 'null', nullable: false }, { type: 'null' }],
    ['a format that every object inherits', { type: 'string', format: 'constructor' }, { type: 'string' }],
    ['a bound for a format', { type: 'string', format: 'email', formatMinimum: 'a' }, { type: 'string', format: 'email' }],
    [
      'a tuple of older dialects',
      { type: 'array', items: [{ type: 'string' }], additionalItems: false },
      { type: 'array', prefixItems: [{ type: 'string' }] },
    ],
    ['a value that is not a schema', 5, {}],
    ['true', true, {}],
    ['false', false, { not: {} }],
    ['a schema that would be stricter without its pattern', { type: 'string', not: { pattern: '(' } }, { type: 'string' }],
    [
      'one of several, of which one is weaker',
      { oneOf: [{ type: 'strin' }, { type: 'null' }] },
      { allOf: [{ anyOf: [{}, { type: 'null' }] }] },
    ],
    ['an asynchronous part', { $async: true, type: 'string' }, { type: 'string' }],
  ])('is shown without %s', (_, schema, expected) => {
    const written = property(schema);
    expect(written).toEqual(expected);
    take({ type: 'object', properties: { a: written } });
  });

  it.each<[string, object, object]>([
    ['invalid names', { required: [null] }, {}],
    ['invalid properties', { properties: 5 }, {}],
    ['an unknown dialect', { $schema: 'https://example.com/x', properties: {} }, { properties: {} }],
    ['a dialect that is not a string', { $schema: 5, properties: {} }, { properties: {} }],
    ['properties that are true or false', { properties: { a: true, b: false, c: {} } }, { properties: { a: {}, b: { not: {} }, c: {} } }],
  ])('has a root that clients accept: %s', (_, root, expected) => {
    const listed = shown({ type: 'object', ...root });
    expect(listed).toEqual({ type: 'object', ...expected });
    take(listed);
  });

  it('keeps tuples if its dialect has them', () => {
    const schema: JsonObject = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { a: { items: [{ type: 'string' }] } },
    };
    expect(toCompilable(schema).schema).toBe(schema);
    take(schema);
  });

  it('reports what is left out, with its position', () => {
    const { left } = toCompilable({ type: 'object', properties: { a: { pattern: '(' } }, required: [1] });
    expect(left).toEqual(['#/required is not a list of names', '#/properties/a/pattern is not a valid regular expression']);
  });

  const name = fc.constantFrom('a', 'b c', 'ü', '%', '~', '^', '__proto__', 'constructor');
  const junk: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(null, true, -1, 0, 1.5, '', '(', 'x', [], {}, [null], ['a', 'a'], {
    a: 1,
  });
  const keyword = fc.constantFrom(
    ...[
      'type',
      'properties',
      'patternProperties',
      'required',
      'items',
      'prefixItems',
      'additionalItems',
      'additionalProperties',
      'enum',
      'const',
    ],
    ...[
      'anyOf',
      'oneOf',
      'allOf',
      'not',
      'if',
      'then',
      'else',
      '$ref',
      '$dynamicRef',
      '$recursiveRef',
      '$anchor',
      '$dynamicAnchor',
      '$schema',
      'id',
    ],
    ...[
      'minimum',
      'exclusiveMinimum',
      'multipleOf',
      'minLength',
      'maxItems',
      'uniqueItems',
      'contains',
      'minContains',
      'propertyNames',
      'format',
    ],
    ...[
      'dependencies',
      'dependentRequired',
      'dependentSchemas',
      'unevaluatedProperties',
      'unevaluatedItems',
      'nullable',
      'discriminator',
      '$async',
    ],
    ...[
      'formatMinimum',
      'pattern',
      'default',
      'contentSchema',
      'definitions',
      '$defs',
      '$vocabulary',
      'title',
      '$comment',
      'deprecated',
      'constructor',
    ],
  );
  const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array');
  const reference = fc.oneof(
    name.map((one) => `#/$defs/${one}`),
    fc.constantFrom(
      '#',
      '#a',
      '#/properties/a',
      '#/properties/a/items',
      '#/properties/b c',
      'x',
      'http://[',
      '#/%',
      '#/$defs/%25',
      '#/$defs/%C3%BC',
    ),
  );
  const schema: fc.Arbitrary<JsonValue> = fc.letrec<{ any: JsonValue; map: JsonValue }>((tie) => ({
    map: fc.dictionary(name, tie('any'), { maxKeys: 2, noNullPrototype: true }) as fc.Arbitrary<JsonValue>,
    any: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.oneof(
        junk,
        type.map((one) => ({ type: one })),
        fc.boolean(),
      ),
      fc
        .array(
          fc.oneof(
            { weight: 2, arbitrary: fc.tuple(keyword, junk) },
            { weight: 2, arbitrary: fc.tuple(keyword, fc.oneof(tie('any'), fc.array(tie('any'), { maxLength: 2 }), tie('map'))) },
            { weight: 1, arbitrary: fc.tuple(fc.constant('type'), fc.oneof(type, fc.array(type, { maxLength: 2 }))) },
            { weight: 1, arbitrary: fc.tuple(fc.constantFrom('properties', '$defs', 'patternProperties'), tie('map')) },
            { weight: 1, arbitrary: fc.tuple(fc.constantFrom('$ref', '$dynamicRef'), reference) },
            {
              weight: 1,
              arbitrary: fc.tuple(fc.constantFrom('$anchor', 'format', '$id'), fc.constantFrom('a', 'date', 'email', 'toString', '1')),
            },
          ),
          { maxLength: 4 },
        )
        .map((entries) => Object.fromEntries(entries) as JsonObject),
    ),
  })).any;

  it('can always be compiled by every client', { tags: ['output-compilable'] }, () => {
    const root = fc.record(
      {
        properties: fc.oneof(junk, fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true })),
        $defs: fc.dictionary(name, schema, { maxKeys: 2, noNullPrototype: true }),
        also: schema,
      },
      { requiredKeys: ['also'] },
    );
    let mended = 0;
    fc.assert(
      fc.property(root, ({ also, ...rest }) => {
        const vetted = vetSchema({ ...(typeof also === 'object' ? also : {}), ...rest, type: 'object' }, 64 * 1024);
        if (vetted.refused !== undefined) return;
        const listed = toCompilable(vetted.schema).schema;
        if (listed !== vetted.schema) mended++;
        take(listed);
        const tool = { name: 'a', inputSchema: toListable(vetted.schema) };
        expect(ListToolsResultSchema.safeParse({ tools: [tool] }).success).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(mended).toBeGreaterThan(RUNS / 10);
  });

  it('accepts all results that the original accepts', { tags: ['output-compilable'] }, () => {
    const validators = createValidatorSet();
    const value: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>('x', '', 1, -1, 2.5, null, true, [], ['x'], {}, { a: 1 });
    const result = fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
    const root = fc.record({ properties: fc.dictionary(name, schema, { maxKeys: 2, noNullPrototype: true }), also: schema });
    let taken = 0;
    fc.assert(
      fc.property(root, fc.array(result, { minLength: 6, maxLength: 6 }), ({ also, properties }, all) => {
        const vetted = vetSchema({ ...(typeof also === 'object' ? also : {}), properties, type: 'object' }, 64 * 1024);
        if (vetted.refused !== undefined || !vetted.dialect) return;
        const listed = toCompilable(vetted.schema).schema;
        if (listed === vetted.schema) return;
        const before = validators.compile(vetted.schema, vetted.dialect);
        const good = all.filter((one) => before.validate(one) === undefined);
        const after = validators.compile(listed, vetted.dialect);
        for (const one of good) expect([one, after.validate(one)]).toEqual([one, undefined]);
        taken += good.length;
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 4);
  });
});
