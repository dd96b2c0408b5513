import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../../src/core/json/json.ts';
import { vetSchema } from '../../../../src/registry/offer/vet.ts';
import { toPortable } from '../../../../src/registry/schemas/portable.ts';
import { renameKeys } from '../../../../src/registry/schemas/rename.ts';
import { shapeOf } from '../../../../src/registry/schemas/shape.ts';
import { createValidatorSet } from '../../../../src/registry/validators.ts';

/** Enough to find common faults; raise it for a manual run. */
const RUNS = Number(process.env.PLUGMUX_SHAPE_RUNS ?? 40);

/** Arguments under their public names. */
function renamed(args: JsonObject, schema: JsonObject, form: JsonObject): JsonObject {
  const report = (): void => undefined;
  const { natives } = renameKeys(toPortable(schema, report), report);
  const known = new Map([...natives].map(([safe, native]) => [native, safe]));
  expect(Object.keys(form.properties as object)).toEqual(expect.arrayContaining([...natives.keys()]));
  return Object.fromEntries(Object.entries(args).map(([key, item]) => [known.get(key) ?? key, item]));
}

describe('the portable form of any schema', () => {
  const name = fc.constantFrom('a', 'b', 'a b', 'ü', '__proto__', 'constructor');
  const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array');
  const value: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>('x', 'y', 1, 2.5, null, true, [], {});

  it('accepts all arguments that the schema accepts', { tags: ['portable-takes-all'] }, () => {
    const validators = createValidatorSet();
    const given: fc.Arbitrary<JsonValue> = fc.oneof(
      { weight: 3, arbitrary: value },
      { weight: 1, arbitrary: fc.array(value, { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.dictionary(name, value, { maxKeys: 2 }) as fc.Arbitrary<JsonValue> },
    );
    const args = fc.dictionary(name, given, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;
    // Only a few keywords at a time, because many together accept nothing.
    const few = (keywords: Record<string, fc.Arbitrary<unknown>>, most: number): fc.Arbitrary<JsonObject> =>
      fc
        .array(fc.oneof(...Object.entries(keywords).map(([key, item]) => item.map((one) => ({ [key]: one })))), {
          minLength: 1,
          maxLength: most,
        })
        .map((parts) => Object.assign({}, ...parts) as JsonObject);
    const closing = fc.constantFrom(false, true, { type: 'string' });
    const part = (levels: number): fc.Arbitrary<JsonValue> => {
      if (levels === 0)
        return fc.oneof(
          type.map((one) => ({ type: one })),
          fc.constantFrom<JsonValue[]>(true, false, {}, { $ref: '#' }, { enum: ['x', 1] }),
        );
      const below = part(levels - 1);
      const list = fc.array(below, { minLength: 1, maxLength: 2 });
      return few(
        {
          type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
          properties: fc.dictionary(name, below, { maxKeys: 2, noNullPrototype: true }),
          required: fc.uniqueArray(name, { maxLength: 1 }),
          additionalProperties: fc.oneof(closing, below),
          items: below,
          prefixItems: list,
          unevaluatedItems: fc.constant(false),
          unevaluatedProperties: fc.constant(false),
          contains: below,
          maxContains: fc.constant(1),
          minContains: fc.constant(0),
          anyOf: list,
          oneOf: list,
          allOf: list,
          not: below,
          if: below,
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: below,
          else: below,
          enum: fc.array(value, { minLength: 1, maxLength: 3 }),
          minimum: fc.integer({ min: 0, max: 3 }),
          maxLength: fc.integer({ min: 0, max: 3 }),
          maxItems: fc.integer({ min: 0, max: 2 }),
          nullable: fc.boolean(),
          $ref: fc.constantFrom('#/$defs/one', '#/$defs/two'),
          description: fc.constant('d'),
        },
        3,
      );
    };
    const schema = part(2);
    const properties = fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true });
    const branch = few(
      {
        properties,
        required: fc.uniqueArray(name, { maxLength: 1 }),
        additionalProperties: closing,
        anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      },
      2,
    );
    const branches = fc.array(branch, { minLength: 1, maxLength: 2 });
    const whole = few(
      {
        properties,
        additionalProperties: closing,
        unevaluatedProperties: fc.constant(false),
        patternProperties: fc.constant({ '^a': { type: 'string' } }),
        propertyNames: fc.constant({ maxLength: 3 }),
        dependentSchemas: fc.dictionary(name, branch, { maxKeys: 1, noNullPrototype: true }),
        dependencies: fc.dictionary(name, branch, { maxKeys: 1, noNullPrototype: true }),
        allOf: branches,
        anyOf: branches,
        oneOf: branches,
        not: branch,
        if: branch,
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: branch,
        else: branch,
      },
      4,
    );
    const root = fc.record({ base: whole, one: schema, two: schema });
    let taken = 0;
    fc.assert(
      fc.property(root, fc.array(args, { minLength: 8, maxLength: 8 }), ({ base, one, two }, all) => {
        const v = vetSchema({ ...base, type: 'object', $defs: { one, two } }, 64 * 1024);
        if (v.refused !== undefined || v.unchecked.length > 0) return;
        const original = validators.compile(v.schema, v.dialect);
        // Ajv treats prototype members as evaluated, so it accepts arguments that the schema does not.
        const text = JSON.stringify(v.schema);
        const isSure = text.includes('unevaluatedProperties')
          ? (one: JsonObject): boolean => !/"(?:__proto__|constructor)":/.test(JSON.stringify(one))
          : (): boolean => true;
        // Ajv throws for some patterns with unevaluated properties; such arguments count as accepted.
        if (text.includes('unevaluated') && text.includes('patternProperties')) return;
        const good = all.filter((one) => isSure(one) && original.validate(one) === undefined);
        if (good.length === 0) return;
        const { input } = shapeOf({ input: v.schema, headers: [], portable: false }, 'portable');
        const portable = vetSchema(input, 1024 * 1024);
        if (portable.refused !== undefined) throw new Error(portable.refused);
        // The form may be so much longer that a part of it exceeds the budget.
        if (portable.unchecked.length > 0) return;
        const { validate } = validators.compile(portable.schema, portable.dialect);
        for (const one of good) expect([one, validate(renamed(one, v.schema, input))]).toEqual([one, undefined]);
        taken += good.length;
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 4);
  });
});
