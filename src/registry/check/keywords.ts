import type { CodeKeywordDefinition, ErrorObject, FuncKeywordDefinition, KeywordDefinition, ValidateFunction } from 'ajv';
import { comparableText, compareDecimals, isMultipleOf, toDecimal } from '../../core/json/decimal.ts';
import type { ExactNumber } from '../../core/json/exact-number.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import { budget, search, spend } from './budget.ts';
import { linear } from './linear.ts';
import { originalOf, type Place } from './originals.ts';

/** A part of a schema that is compiled separately. */
export type Part = (data: unknown, place: object) => boolean;

/** Ajv's code for a numeric property. */
const NUMBERED = 0;

type CodeTools = Pick<typeof import('ajv'), '_' | 'Name'>;
type Check<T extends JsonValue> = (data: T, place: Place & { readonly instancePath: string }) => boolean;
type Judge = Check<JsonValue> & { errors?: Partial<ErrorObject>[] | null };

/** Our keywords for Ajv; `prepare` and `split` write those that begin with "x-" into schemas. */
export function keywords({ _, Name }: CodeTools): KeywordDefinition[] {
  const step: CodeKeywordDefinition = {
    keyword: 'x-step',
    code({ gen }) {
      const left = gen.scopeValue('obj', { ref: budget });
      gen.if(_`--${left}.left < 0`, () => gen.throw(_`${left}.overrun`));
    },
  };
  // Ajv's version also counts the items that a failing alternative has evaluated.
  const unevaluatedItems: CodeKeywordDefinition = {
    keyword: 'unevaluatedItems',
    type: 'array',
    schemaType: ['boolean', 'object'],
    error: { message: 'must not have additional items', params: _`{}` },
    code(cxt) {
      const { gen, schema, data, it } = cxt;
      const { items } = it;
      if (items === true) return;
      const length = gen.const('len', _`${data}.length`);
      const from = items instanceof Name ? gen.const('from', _`${items} === true ? ${length} : ${items} || 0`) : (items ?? 0);
      it.items = true;
      if (schema === true) return;
      if (schema === false) return cxt.fail(_`${length} > ${from}`);
      const valid = gen.var('valid', true);
      gen.forRange('i', from, length, (i) => {
        cxt.subschema({ keyword: 'unevaluatedItems', dataProp: i, dataPropType: NUMBERED }, valid);
        gen.if(_`!${valid}`, () => gen.break());
      });
      cxt.ok(valid);
    },
  };
  return [step, unevaluatedItems, ...NUMBERS, UNIQUE, ONE_OF_VALUES, ...PARTS];
}

const multipleOf: FuncKeywordDefinition = {
  keyword: 'multipleOf',
  type: 'number',
  errors: 'full',
  compile: (step: JsonValue) => {
    const digits = toDecimal(step as number | ExactNumber);
    const isWhole = Number.isSafeInteger(step);
    return keywordCheck(`must be multiple of ${String(step)}`, (data, place) => {
      const original = originalOf(data, place) as number | ExactNumber;
      if (isWhole && Number.isSafeInteger(original)) return (original as number) % (step as number) === 0;
      return isMultipleOf(toDecimal(original), digits);
    });
  },
};

const NUMBERS: FuncKeywordDefinition[] = [
  multipleOf,
  bound('x-minimum', '>=', (order) => order >= 0),
  bound('x-maximum', '<=', (order) => order <= 0),
  bound('x-exclusiveMinimum', '>', (order) => order > 0),
  bound('x-exclusiveMaximum', '<', (order) => order < 0),
];

function bound(keyword: string, sign: string, fits: (order: number) => boolean): FuncKeywordDefinition {
  return {
    keyword,
    type: 'number',
    errors: 'full',
    compile: (limit: JsonValue) => {
      const digits = toDecimal(limit as number | ExactNumber);
      return keywordCheck(`must be ${sign} ${String(limit)}`, (data, place) =>
        fits(compareDecimals(toDecimal(originalOf(data, place) as number | ExactNumber), digits)),
      );
    },
  };
}

// Compares JSON texts, so the cost is linear in the length of the list.
const UNIQUE: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  errors: 'full',
  compile: (wanted: JsonValue) =>
    keywordCheck('must not have equal items', (data, place) => {
      if (wanted !== true) return true;
      const seen = new Set<string>();
      for (const item of originalOf(data, place) as JsonValue[]) seen.add(countedText(item));
      return seen.size === (data as JsonValue[]).length;
    }),
};

/** Its value is a function that returns the list, because Ajv traverses plain lists as if they held schemas. */
const ONE_OF_VALUES: FuncKeywordDefinition = {
  keyword: 'x-enum',
  errors: 'full',
  compile: (list: () => readonly JsonValue[]) => {
    const allowed = new Set(list().map(comparableText));
    const judge: Judge = (data, place) => {
      if (allowed.has(countedText(originalOf(data, place)))) return true;
      judge.errors = [{ keyword: 'enum', params: { allowedValues: list() } }];
      return false;
    };
    return judge as never;
  },
};

function countedText(value: JsonValue): string {
  const text = comparableText(value);
  spend(1 + text.length / 16);
  return text;
}

function keywordCheck(message: string, check: Check<JsonValue>): never {
  const judge: Judge = (data, place) => {
    if (check(data, place)) return true;
    judge.errors = [{ message, params: {} }];
    return false;
  };
  return judge as never;
}

/** Keywords whose parts are compiled separately. Their values are functions, because parts may be recursive. */
const PARTS: FuncKeywordDefinition[] = [
  applicator('x-part', (part: Part) => (data, place, fail) => part(data, place) || fail(part)),
  applicator('x-allOf', (parts: readonly Part[]) => (data, place, fail) => {
    if (search.missing) runAll(parts, data, place);
    for (const part of parts) if (!part(data, place)) return fail(part);
    return true;
  }),
  applicator('x-anyOf', (parts: readonly Part[]) => (data, place, fail) => {
    if (search.missing) runAll(parts, data, place);
    for (const part of parts) if (part(data, place)) return true;
    return fail(parts[0]);
  }),
  applicator('x-oneOf', (parts: readonly Part[]) => (data, place, fail) => {
    if (search.missing) runAll(parts, data, place);
    let fitting = 0;
    for (const part of parts) if (part(data, place) && ++fitting > 1) return fail(undefined, 'must match exactly one schema in oneOf');
    return fitting === 1 || fail(parts[0]);
  }),
  applicator(
    'x-properties',
    (parts: ReadonlyMap<string, Part>) => (data, place, fail) => {
      const object = data as JsonObject;
      for (const key of Object.keys(object)) {
        const part = parts.get(key);
        if (part && !part(object[key], below(place, object, key))) return fail(part);
      }
      return true;
    },
    'object',
  ),
  applicator(
    'x-patternProperties',
    (parts: ReadonlyMap<string, Part>) => {
      const patterns = [...parts].map(([pattern, part]) => [linear(pattern), part] as const);
      return (data, place, fail) => {
        const object = data as JsonObject;
        for (const key of Object.keys(object))
          for (const [pattern, part] of patterns) if (pattern.test(key) && !part(object[key], below(place, object, key))) return fail(part);
        return true;
      };
    },
    'object',
  ),
  applicator(
    'x-dependentSchemas',
    (parts: ReadonlyMap<string, Part>) => (data, place, fail) => {
      for (const key of Object.keys(data as JsonObject)) {
        const part = parts.get(key);
        if (part && !part(data, place)) return fail(part);
      }
      return true;
    },
    'object',
  ),
  applicator(
    'x-prefixItems',
    (parts: readonly Part[]) => (data, place, fail) => {
      const list = data as JsonValue[];
      for (const [i, part] of parts.entries()) if (i < list.length && !part(list[i], below(place, list, i))) return fail(part);
      return true;
    },
    'array',
  ),
];

function runAll(parts: readonly Part[], data: JsonValue, place: object): void {
  for (const part of parts) part(data, place);
}

type Fail = (part: Part | undefined, message?: string) => false;
type Apply = (data: JsonValue, place: Place & { readonly instancePath: string }, fail: Fail) => boolean;

function applicator<T>(keyword: string, create: (parts: T) => Apply, type?: 'object' | 'array'): FuncKeywordDefinition {
  return {
    keyword,
    ...(type ? { type } : {}),
    errors: 'full',
    compile: (parts: () => T) => {
      const apply = create(parts());
      const judge: Judge = (data, place) => {
        spend(1);
        return apply(data, place, (part, message) => {
          judge.errors = message === undefined ? ((part as ValidateFunction | undefined)?.errors ?? []) : [{ message, params: {} }];
          return false;
        });
      };
      return judge as never;
    },
  };
}

function below(place: { readonly instancePath: string }, parentData: object, parentDataProperty: string | number): object {
  const part = String(parentDataProperty).replace(/~/g, '~0').replace(/\//g, '~1');
  return { ...place, instancePath: `${place.instancePath}/${part}`, parentData, parentDataProperty };
}
