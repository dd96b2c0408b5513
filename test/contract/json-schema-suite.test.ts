import { describe, expect, it } from 'vitest';
import { noteExact } from '../../src/core/json/exact-tree.ts';
import type { JsonValue } from '../../src/core/json/json.ts';
import { vetSchema } from '../../src/registry/offer/vet.ts';
import { createValidatorSet } from '../../src/registry/validators.ts';
import { asProperty, suiteCases } from '../support/schema-suite.ts';

/** Number of values with a verdict; the gateway reports the others as unchecked or partly checked. */
const DRAFTS = [
  { draft: 'draft2020-12', dialect: 'https://json-schema.org/draft/2020-12/schema', sure: 1187, unchecked: 51 },
  { draft: 'draft7', dialect: 'http://json-schema.org/draft-07/schema#', sure: 894, unchecked: 0 },
] as const;

describe.each(DRAFTS)('the JSON Schema suite, $draft', ({ draft, dialect, sure, unchecked }) => {
  const validators = createValidatorSet();

  const judgeBy = (schema: JsonValue): ((data: JsonValue) => boolean | undefined) => {
    const vetted = vetSchema(asProperty(schema, dialect), 1024 * 1024);
    if (vetted.refused !== undefined) throw new Error(vetted.refused);
    if (!vetted.dialect) return () => undefined;
    const { validate } = validators.compile(vetted.schema, vetted.dialect);
    return (data) => {
      const fits = validate(noteExact({ v: data })) === undefined;
      // A partial check may reject a value, but cannot confirm one.
      return fits && vetted.unchecked.length > 0 ? undefined : fits;
    };
  };

  it('is correct for every verdict', { tags: ['json-schema-suite'] }, () => {
    const wrong: string[] = [];
    const counted = { sure: 0, unchecked: 0 };
    for (const { schema, tests } of suiteCases(draft)) {
      const judge = judgeBy(schema);
      for (const { name, data, valid } of tests) {
        const verdict = judge(data);
        counted[verdict === undefined ? 'unchecked' : 'sure']++;
        if (verdict !== undefined && verdict !== valid) wrong.push(name);
      }
    }
    expect(wrong).toEqual([]);
    expect(counted).toEqual({ sure, unchecked });
  });
});
