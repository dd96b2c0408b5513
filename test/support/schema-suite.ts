import { readFileSync } from 'node:fs';
import { parseExact } from '../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';

/** One schema of the official JSON Schema test suite, with values that it accepts or rejects. */
export interface SuiteCase {
  readonly schema: JsonValue;
  readonly tests: readonly { readonly name: string; readonly data: JsonValue; readonly valid: boolean }[];
}

interface File {
  readonly file: string;
  readonly cases: readonly {
    description: string;
    schema: JsonValue;
    tests: readonly { description: string; data: JsonValue; valid: boolean }[];
  }[];
}

/** The required cases of a draft, except for those that need remote documents. */
export function suiteCases(draft: 'draft2020-12' | 'draft7'): SuiteCase[] {
  const path = new URL(`../fixtures/json-schema/${draft}.json`, import.meta.url);
  const files = parseExact(readFileSync(path, 'utf8')) as unknown as File[];
  return files.flatMap(({ file, cases }) =>
    cases
      .filter(({ schema }) => !needsOthers(schema))
      .map(({ description, schema, tests }) => ({
        schema,
        tests: tests.map((test) => ({ name: `${file} / ${description} / ${test.description}`, data: test.data, valid: test.valid })),
      })),
  );
}

function needsOthers(schema: JsonValue): boolean {
  return find(
    schema,
    (key, value) =>
      typeof value === 'string' && (value.includes('localhost:1234') || (key === '$ref' && /^https?:\/\/json-schema\.org/.test(value))),
  );
}

function find(value: JsonValue, test: (key: string, value: JsonValue) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => find(item, test));
  return isJsonObject(value) && Object.entries(value).some(([key, item]) => test(key, item) || find(item, test));
}

/** A schema of the suite as the schema of property `v` of the arguments. */
export function asProperty(schema: JsonValue, dialect: string): JsonObject {
  return { $schema: dialect, type: 'object', properties: { v: moved(schema, false) } };
}

// Pointers from the root are moved to the new location of the schema; below an $id they stay.
function moved(value: JsonValue, named: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((item) => moved(item, named));
  if (!isJsonObject(value)) return value;
  const own = named || (typeof value.$id === 'string' && !value.$id.startsWith('#') && value.$ref === undefined);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'enum' || key === 'const') return [key, item];
      const isPointer = ['$ref', '$dynamicRef'].includes(key) && typeof item === 'string' && /^#(?:\/|$)/.test(item);
      return [key, isPointer && !own ? `#/properties/v${(item as string).slice(1)}` : moved(item, own)];
    }),
  );
}
