import fc from 'fast-check';
import type { SchemaForm } from '../../src/core/contract/schema-form.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';
import { createVisibleTool, type VisibleTool } from '../../src/gateway/view/visible-tool.ts';
import { vetSchema } from '../../src/registry/offer/vet.ts';

const name = fc.constantFrom('a', 'b', 'a b', 'ü', '$ref', '$id', '__proto__', 'constructor', 'x'.repeat(80), '');
const text = fc.constantFrom('', 'plain', '`$(x)` "quoted" \u0000', '\u202e\ud83d\ude00', 'd'.repeat(2_000));
const value: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>('x', '', 1, 2.5, -0, 1e300, null, true, [], {}, ['x', 1], { a: 1 });

const { schema } = fc.letrec<{ schema: JsonValue }>((tie) => {
  const below = tie('schema');
  const map = fc.dictionary(name, below, { maxKeys: 2, noNullPrototype: true });
  const list = fc.array(below, { minLength: 1, maxLength: 2 });
  const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array');
  return {
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<JsonValue[]>(true, false, {}, { $ref: '#' }, { $ref: '#/$defs/one' }, { $ref: '#/definitions/two%20b' }),
      fc.record(
        {
          type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
          title: text,
          description: text,
          enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b) }),
          const: value,
          default: value,
          format: fc.constantFrom('date-time', 'uri', 'int64', 'constructor'),
          pattern: fc.constantFrom('^a+$', '\\p{L}', '(?=x)'),
          minimum: fc.integer({ min: -3, max: 3 }),
          exclusiveMaximum: fc.integer({ min: 4, max: 9 }),
          multipleOf: fc.constantFrom(1, 0.1),
          minLength: fc.nat(3),
          maxItems: fc.nat(3),
          uniqueItems: fc.boolean(),
          nullable: fc.boolean(),
          properties: map,
          patternProperties: fc.dictionary(fc.constantFrom('^a', '.*'), below, { maxKeys: 1, noNullPrototype: true }),
          required: fc.uniqueArray(name, { maxLength: 2 }),
          additionalProperties: below,
          items: fc.oneof(below, list),
          prefixItems: list,
          anyOf: list,
          oneOf: list,
          allOf: list,
          not: below,
          $comment: text,
          'x-vendor': value,
          examples: fc.array(value, { maxLength: 2 }),
        },
        { requiredKeys: [], noNullPrototype: true },
      ) as fc.Arbitrary<JsonValue>,
    ),
  };
});

/** Input schemas of tools as careless or hostile plugins write them; some are refused. */
export const oddSchemas: fc.Arbitrary<JsonObject> = fc
  .record({
    rest: schema,
    properties: fc.dictionary(name, schema, { maxKeys: 3, noNullPrototype: true }),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    one: schema,
    two: schema,
  })
  .map(({ rest, properties, required, one, two }) => ({
    ...(rest as JsonObject),
    type: 'object',
    properties,
    required,
    $defs: { one },
    definitions: { 'two b': two },
  }));

/** A tool as the gateway lists it, or undefined if the gateway refuses its schema. */
export function toolWith(input: JsonObject, schemas: SchemaForm, toolName = 'odd'): VisibleTool | undefined {
  const vetted = vetSchema(input, 64 * 1024);
  if (vetted.refused !== undefined) return undefined;
  const plugin = { id: 'odd', name: 'odd', version: '1', adapter: 'fixture' };
  const entry = {
    name: toolName,
    description: `The tool ${toolName}`,
    input: vetted.schema,
    headers: [],
    portable: false,
    plugin,
    tool: {},
  };
  return createVisibleTool({ entry, approval: 'client', hints: undefined, schemas } as never);
}
