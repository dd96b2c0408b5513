import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SchemaForm } from '../../../../src/core/contract/schema-form.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json/json.ts';
import { headerParams } from '../../../../src/registry/offer/header-params.ts';
import { vetSchema } from '../../../../src/registry/offer/vet.ts';
import { isPortable } from '../../../../src/registry/schemas/is-portable.ts';
import { type Shape, shapeOf } from '../../../../src/registry/schemas/shape.ts';
import { createValidatorSet } from '../../../../src/registry/validators.ts';

/** Enough to find common faults; raise it for a manual run. */
const RUNS = Number(process.env.PLUGMUX_SHAPE_RUNS ?? 40);

function shape(schema: object, form: SchemaForm = 'portable'): Shape {
  const vetted = vetSchema(schema, 64 * 1024);
  if (vetted.refused !== undefined) throw new Error(vetted.refused);
  return shapeOf({ input: vetted.schema, headers: [], portable: false }, form);
}
const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const property = (schema: unknown, form?: SchemaForm): JsonValue | undefined =>
  (shape(object({ a: schema }), form).input.properties as JsonObject).a;

function accepts(schema: JsonObject, args: JsonObject): boolean {
  const vetted = vetSchema(schema, 1024 * 1024);
  if (vetted.refused !== undefined) throw new Error(vetted.refused);
  return createValidatorSet().compile(vetted.schema, vetted.dialect).validate(args) === undefined;
}

// What clients reject, implemented independently of the code under test.
function faults(schema: JsonValue, at = '', forbidden: readonly string[] = []): string[] {
  if (!isJsonObject(schema)) return [`${at} is not an object`];
  const keys = Object.keys(schema);
  const found: string[] = [];
  const report = (fault: string): number => found.push(`${at}: ${fault}`);
  if (keys.length === 0) report('it is empty');
  for (const key of keys) if (/^(\$schema|\$id|\$anchor|\$comment|x-(?!mcp-header))/.test(key) || forbidden.includes(key)) report(key);
  if (Array.isArray(schema.type)) report('several types');
  if (schema.type === 'array' && schema.items === undefined) report('no items');
  if (Array.isArray(schema.items)) report('a tuple');
  if ((schema.properties ?? schema.required) !== undefined && schema.type !== 'object') report('properties of no object');
  if ('$ref' in schema && keys.length > 1) report('something beside a reference');
  if (schema.description === '') report('an empty description');
  for (const name of (schema.required ?? []) as string[])
    if (!isJsonObject(schema.properties) || !(name in schema.properties)) report(`no ${name}`);
  const below = (value: JsonValue | undefined, where: string): void => {
    if (value !== undefined) found.push(...faults(value, `${at}/${where}`, forbidden));
  };
  for (const key of ['items', 'not', 'contains', 'propertyNames', 'if', 'then', 'else']) below(schema[key], key);
  if (typeof schema.additionalProperties === 'object') below(schema.additionalProperties, 'additionalProperties');
  for (const key of ['anyOf', 'oneOf', 'allOf']) for (const item of (schema[key] ?? []) as JsonValue[]) below(item, key);
  for (const key of ['properties', 'patternProperties', '$defs'])
    for (const [name, item] of Object.entries(schema[key] ?? {})) below(item, name);
  return found;
}

function rootFaults(schema: JsonObject): string[] {
  const found = ['oneOf', 'anyOf', 'allOf', 'enum', 'not', 'if', '$ref', 'const'].filter((key) => key in schema);
  if (schema.type !== 'object' || !isJsonObject(schema.properties)) found.push('no properties');
  for (const name of Object.keys(schema.properties ?? {})) if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(name)) found.push(name);
  return found;
}

describe('the portable form', () => {
  it('returns the same object for a plain schema', () => {
    const schema = object(
      { a: { type: 'string', description: 'x', enum: ['b'] }, l: { type: 'array', items: { type: 'integer' } } },
      { required: ['a'] },
    ) as JsonObject;
    expect(isPortable(schema)).toBe(true);
    const same = shapeOf({ input: schema, headers: [], portable: true }, 'portable');
    expect(same).toEqual({ input: schema, headers: [], losses: [] });
    expect(same.input).toBe(schema);
  });

  it.each<[string, unknown, unknown]>([
    [
      'keywords without a type',
      { minLength: 3 },
      {
        anyOf: [
          { type: 'string', minLength: 3 },
          ...['number', 'boolean', 'object', 'array', 'null'].map((type) => expect.objectContaining({ type })),
        ],
      },
    ],
    ['a reference to another document', { $ref: 'https://example.com/x', description: 'd' }, { type: 'object', description: 'd' }],
    ['a reference to nothing', { $ref: '#/$defs/none' }, { type: 'object' }],
    ['a keyword of the wrong kind', { type: 'string', required: true }, { type: 'string' }],
    ['a rule that would become stricter', { type: 'string', not: { allOf: [{ minLength: 3 }] } }, { type: 'string' }],
    [
      'several types',
      { type: ['string', 'null'], description: 'd', minLength: 1 },
      { description: 'd', anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] },
    ],
    [
      'values of several types',
      { enum: ['a', 1, null] },
      { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'integer', enum: [1] }, { type: 'null' }] },
    ],
    ['values without a type', { enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
    ['a list without items', { type: 'array' }, { type: 'array', items: { anyOf: expect.any(Array) } }],
    [
      'a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false },
      { type: 'array', maxItems: 2, items: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    ],
    ['an empty schema', {}, { anyOf: expect.any(Array) }],
    ['true', true, { anyOf: expect.any(Array) }],
    ['only a description', { description: 'd' }, { description: 'd', anyOf: expect.any(Array) }],
    [
      'keywords of another type',
      { type: 'string', properties: { x: {} }, required: ['x'], maxLength: 3 },
      { type: 'string', maxLength: 3 },
    ],
    ['huge bounds', { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 }, { type: 'integer' }],
    ['metadata', { type: 'string', $comment: 'c', 'x-order': 1, description: '' }, { type: 'string' }],
    [
      'one part of all',
      { allOf: [{ type: 'string', description: 'general' }], description: 'own' },
      { type: 'string', description: 'own' },
    ],
    [
      'parts of all',
      { allOf: [object({ x: { type: 'string' } }, { required: ['x'] }), object({ y: { type: 'number' } })] },
      { type: 'object', properties: { x: { type: 'string' }, y: { type: 'number' } }, required: ['x'] },
    ],
    [
      'a property without a schema',
      { type: 'object', required: ['x'] },
      { type: 'object', required: ['x'], properties: { x: { anyOf: expect.any(Array) } } },
    ],
    ['any additional properties', { type: 'object', additionalProperties: {} }, { type: 'object', additionalProperties: true }],
  ])('converts %s so that every client accepts it', (_, schema, expected) => {
    expect(property(schema)).toEqual(expected);
  });

  it.each<[string, JsonObject]>([
    ['allOf beside a dropped rule', { allOf: [{ type: 'string' }], not: false, nullable: true }],
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    ['types beside a dropped condition', { type: ['string', 'null'], if: {}, then: { prefixItems: [{ type: 'string' }] } }],
    ['only a dropped condition', { if: { allOf: [{ minLength: 1 }] }, else: false }],
  ])('leaves no empty schema: %s', (_, schema) => {
    const written = property(schema) as JsonObject;
    expect(faults(written)).toEqual([]);
    expect(written.anyOf ?? written.type).toBeDefined();
  });

  it('inlines references, and keeps the keywords beside them', () => {
    const { input, losses } = shape(
      object(
        { from: { $ref: '#/$defs/point', description: 'start' } },
        { $defs: { point: object({ x: { $ref: '#/$defs/n' } }), n: { type: 'number' } } },
      ),
    );
    expect(input).toEqual(object({ from: { ...object({ x: { type: 'number' } }), description: 'start' } }));
    expect(losses).toEqual([]);
  });

  it('keeps recursive references, alone and to $defs', () => {
    const node = object({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/definitions/node' } } });
    const { input } = shape(object({ tree: { $ref: '#/definitions/node' } }, { definitions: { node } }));
    expect(input.properties).toEqual({ tree: { $ref: '#/$defs/node' } });
    expect(input.$defs).toEqual({
      node: object({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }),
    });
    const root = shape(object({ child: { $ref: '#' } }));
    expect(root.input.properties).toEqual({ child: { $ref: '#/$defs/root' } });
  });

  it('keeps references that would make a schema much longer', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `d${i}`,
        i < 19 ? object({ a: { $ref: `#/$defs/d${i + 1}` }, b: { $ref: `#/$defs/d${i + 1}` } }) : { type: 'string' },
      ]),
    );
    const { input } = shape(object({ a: { $ref: '#/$defs/d0' } }, { $defs: doubling }));
    expect(JSON.stringify(input).length).toBeLessThan(10_000);
    expect(rootFaults(input)).toEqual([]);
    expect(faults(input)).toEqual([]);
  });

  it('keeps the schema of a property that only one alternative accepts', () => {
    const branch = (properties: object): object => object(properties, { additionalProperties: false });
    const { input } = shape({ type: 'object', anyOf: [branch({ a: { type: 'string' } }), branch({ b: { type: 'integer' } })] });
    expect(input.properties).toEqual({ a: { type: 'string' }, b: { type: 'integer' } });
  });

  it('folds alternatives at the root into properties, and describes them in text', { tags: ['portable-takes-all'] }, () => {
    // An alternative without the property accepts anything for it.
    const others = ['number', 'boolean', 'object', 'array', 'null'].map((type) => expect.objectContaining({ type }));
    const { input, losses } = shape({
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      anyOf: [
        { properties: { kind: { const: 'mail' }, address: { type: 'string' } }, required: ['kind', 'address'] },
        { properties: { kind: { const: 'phone' }, number: { type: 'string' } }, required: ['kind', 'number'] },
      ],
    });
    expect(input).toEqual({
      type: 'object',
      description: 'The arguments must fit at least one of: (kind = "mail", address), (kind = "phone", number).',
      properties: {
        name: { type: 'string' },
        kind: { type: 'string', enum: ['mail', 'phone'] },
        address: { anyOf: [{ type: 'string' }, ...others] },
        number: { anyOf: [{ type: 'string' }, ...others] },
      },
      required: ['name', 'kind'],
    });
    expect(losses).toEqual(['the schema: alternatives at the root, only described in text']);
  });

  it('folds the other combinations at the root', () => {
    const { input } = shape({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { address: { $anchor: 'addressDef', ...object({ street: { type: 'string' } }) } },
      ...object({ name: { type: 'string' }, address: { $ref: '#/$defs/address' }, phone: { type: 'string' }, email: { type: 'string' } }),
      allOf: [
        { anyOf: [{ required: ['phone'] }, { required: ['email'] }] },
        object({ extra: { type: 'number' } }, { required: ['extra'] }),
      ],
      not: { required: ['phone', 'email'] },
      if: { properties: { name: { const: 'x' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { reason: { type: 'string' } } },
      additionalProperties: false,
    });
    expect(rootFaults(input)).toEqual([]);
    expect(faults(input)).toEqual([]);
    expect(Object.keys(input.properties as object)).toEqual(['name', 'address', 'phone', 'email', 'extra', 'reason']);
    expect(input).toMatchObject({ required: ['extra'], additionalProperties: false });
    expect(input.description).toContain('at least one of: (phone), (email)');
  });

  it('renames keys that some clients reject, and restores them', () => {
    const { input, restore, losses } = shape(
      object(
        { 日付: { type: 'string' }, 'a b': { type: 'string', description: 'x' }, a_b: { type: 'number' } },
        { required: ['a b', 'a_b'] },
      ),
    );
    expect(input).toEqual(
      object(
        { __: { type: 'string', description: '("日付")' }, a_b_2: { type: 'string', description: 'x ("a b")' }, a_b: { type: 'number' } },
        { required: ['a_b_2', 'a_b'] },
      ),
    );
    expect(restore?.({ __: 'd', a_b_2: 't', a_b: 1, other: true })).toEqual({ 日付: 'd', 'a b': 't', a_b: 1, other: true });
    expect(losses).toEqual(['__: renamed from "日付"', 'a_b_2: renamed from "a b"']);
    expect(restore?.({ 'a b': 'as the plugin calls it' })).toEqual({ 'a b': 'as the plugin calls it' });
  });

  it('updates the paths of renamed header arguments', () => {
    const { schema, params } = headerParams(object({ 'a b': { type: 'string', 'x-mcp-header': 'Region' } }) as JsonObject);
    const portable = shapeOf({ input: schema, headers: params, portable: false }, 'portable');
    expect(portable.headers).toEqual([{ path: ['a_b'], header: 'mcp-param-region' }]);
    expect(portable.input.properties).toMatchObject({ a_b: { 'x-mcp-header': 'Region' } });
  });
});

describe('the other forms', () => {
  it('does not change the verbatim form', () => {
    const schema = {
      type: 'object',
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: {},
      allOf: [{ required: ['a'] }],
    };
    expect(shape(schema, 'verbatim').input).toEqual(schema);
  });

  it.each<[unknown, unknown]>([
    [
      { type: 'string', default: 'x', const: 'y' },
      { type: 'string', enum: ['y'], description: '(default: "x")' },
    ],
    [{ type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [
      { type: 'integer', enum: [1, 2], exclusiveMinimum: 0 },
      { type: 'integer', description: '(enum: [1,2]; exclusiveMinimum: 0)' },
    ],
    [
      {
        oneOf: [
          { type: 'string', format: 'uri' },
          { type: 'number', format: 'double' },
        ],
      },
      {
        anyOf: [
          { type: 'string', description: '(format: "uri")' },
          { type: 'number', format: 'double' },
        ],
      },
    ],
    [object({ x: { type: 'string' } }, { additionalProperties: false }), object({ x: { type: 'string' } })],
  ])('converts %j for Gemini', (schema, expected) => {
    expect(property(schema, 'gemini')).toEqual(expected);
  });

  it('cuts recursion for Gemini, and reports it', () => {
    const { input, losses } = shape(object({ child: { $ref: '#' } }), 'gemini');
    expect(input).toEqual(object({ child: { type: 'object', description: expect.stringContaining('root') } }));
    expect(losses).toEqual([expect.stringContaining('recursive')]);
  });
});

describe('any schema', () => {
  const name = fc.constantFrom('a', 'b', 'a b', 'ü', '__proto__', 'constructor');
  const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array');
  const value = fc.oneof(fc.constantFrom('x', 'y', 1, 2.5, null, true), fc.constant([]), fc.constant({}));
  const reference = fc.constantFrom<JsonValue[]>({ $ref: '#' }, { $ref: '#/$defs/one' }, { $ref: '#/$defs/two', description: 'd' });
  // References only where they descend into the value; elsewhere they would be loops, which are rejected.
  const schemaOf = (levels: number, below: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> => {
    const leaf: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(true, false, {}, { type: 'string' });
    const same = levels === 0 ? leaf : schemaOf(levels - 1, below);
    const inner = fc.oneof({ weight: 4, arbitrary: same }, { weight: 1, arbitrary: below });
    return fc.record(
      {
        type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
        properties: fc.dictionary(name, inner, { maxKeys: 2 }),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        additionalProperties: inner,
        items: inner,
        prefixItems: fc.array(inner, { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(same, { minLength: 1, maxLength: 2 }),
        oneOf: fc.array(same, { minLength: 1, maxLength: 2 }),
        allOf: fc.array(same, { minLength: 1, maxLength: 2 }),
        not: same,
        if: same,
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: same,
        enum: fc.array(value, { minLength: 1, maxLength: 3 }),
        const: value,
        minimum: fc.integer(),
        maxLength: fc.nat(),
        description: fc.constantFrom('', 'd'),
        $comment: fc.constant('c'),
        'x-y': fc.constant(1),
        nullable: fc.boolean(),
      },
      { requiredKeys: [], noNullPrototype: true },
    ) as fc.Arbitrary<JsonObject>;
  };
  const schema = schemaOf(1, reference);
  const root = fc.record({ base: schema, also: fc.constantFrom({}, { allOf: [{ $ref: '#/$defs/one' }] }), one: schema, two: schema });

  it('becomes one that every client accepts, in any notation', () => {
    let taken = 0;
    fc.assert(
      fc.property(root, ({ base, also, one, two }) => {
        const v = vetSchema({ ...base, ...also, type: 'object', $defs: { one, two } }, 64 * 1024);
        if (v.refused !== undefined) return;
        taken++;
        const { input, restore } = shapeOf({ input: v.schema, headers: [], portable: false }, 'portable');
        expect(rootFaults(input)).toEqual([]);
        expect(faults(input)).toEqual([]);
        const gemini = shapeOf({ input: v.schema, headers: [], portable: false }, 'gemini').input;
        expect(faults(gemini, '', ['additionalProperties', 'default', 'const', 'oneOf', '$ref', '$defs', 'not', 'if'])).toEqual([]);
        if (isPortable(v.schema)) expect(input).toEqual(v.schema);
        expect(restore?.({ a: 1 }) ?? { a: 1 }).toEqual({ a: 1 });
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 2);
  });

  it('never rejects simple values that the plugin accepts', () => {
    const leaf = fc.record(
      { type, enum: fc.array(fc.constantFrom('x', 1, true), { minLength: 1, maxLength: 2 }), items: fc.constant({ type: 'string' }) },
      { requiredKeys: ['type'] },
    );
    const properties = fc.record({ a: leaf, 'a b': leaf });
    const branch = fc.record({ properties, required: fc.uniqueArray(fc.constantFrom('a', 'a b'), { maxLength: 1 }) });
    const whole = fc
      .record({ base: branch, anyOf: fc.array(branch, { maxLength: 2 }), allOf: fc.array(branch, { maxLength: 2 }) })
      .map(
        ({ base, anyOf, allOf }) =>
          ({ type: 'object', ...base, ...(anyOf.length ? { anyOf } : {}), ...(allOf.length ? { allOf } : {}) }) as JsonObject,
      );
    const args = fc.dictionary(fc.constantFrom('a', 'b', 'a b'), fc.constantFrom<JsonValue>('x', 1, true, null, {}, ['s']), { maxKeys: 3 });
    fc.assert(
      fc.property(whole, args, (s, given) => {
        if (!accepts(s, given)) return;
        const { input } = shape(s);
        const asked = Object.fromEntries(
          Object.entries(given).map(([key, v]) => [
            key === 'a b' ? (Object.keys(input.properties as object).find((k) => k.startsWith('a_')) ?? key) : key,
            v,
          ]),
        );
        expect(accepts(input, asked)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
