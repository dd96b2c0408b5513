import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { canonicalJson } from '../core/canonical.ts';
import { holdsExact, noteExact, toDoubles } from '../core/exact-tree.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { shorten } from '../core/text.ts';
import type { Dialect } from './vet.ts';

/** Says what is wrong with some arguments, in one sentence, or nothing. */
export type Validator = (args: JsonObject) => string | undefined;

type AjvClass = typeof import('ajv').default;
type Compiler = InstanceType<AjvClass>;

const LONGEST_MESSAGE = 4 * 1024;

/** Compiles the schemas of one plugin; schemas of different plugins never meet in one instance. */
export interface ValidatorSet {
  /**
   * A validator that accepts everything, with a reason, where the schema cannot be compiled. `whole` is what it calls the
   * value itself.
   */
  compile(schema: JsonObject, dialect: Dialect, whole?: string): { readonly validate: Validator; readonly unchecked: readonly string[] };
}

/** An empty set. The compiler is loaded with the first schema, not with the gateway. */
export function createValidatorSet(): ValidatorSet {
  const compilers = new Map<Dialect, Compiler>();
  let unchecked: string[] = [];

  const compilerFor = (dialect: Dialect): Compiler => {
    const existing = compilers.get(dialect);
    if (existing) return existing;
    const created = createCompiler(dialect, (pattern) => unchecked.push(`the pattern ${shorten(pattern, 80)} is not checked`));
    compilers.set(dialect, created);
    return created;
  };

  return {
    compile(schema, dialect, whole = 'the arguments') {
      unchecked = [];
      try {
        const check = compilerFor(dialect).compile(toDoubles(schema));
        return {
          validate(args) {
            if (check(toDoubles(args))) return undefined;
            // A copy may hold exact numbers without being known to.
            const fits = !holdsExact(args) && holdsExact(noteExact(args)) && check(toDoubles(args));
            return fits ? undefined : describe(check, whole);
          },
          unchecked,
        };
      } catch (error) {
        return {
          validate: () => undefined,
          unchecked: [`arguments are not checked: ${(error as Error).message}`],
        };
      }
    },
  };
}

function createCompiler(dialect: Dialect, onUnchecked: (pattern: string) => void): Compiler {
  const require = createRequire(import.meta.url);
  const Ajv = (dialect === 'draft-07' ? require('ajv') : require('ajv/dist/2020')).default as AjvClass;
  const { RE2JS } = require('re2js') as typeof import('re2js');
  const linear = (pattern: string): RegExp => {
    try {
      const compiled = RE2JS.compile(pattern);
      return {
        test: (text: string) => compiled.matcher(text).find(),
      } as RegExp;
    } catch {
      // Lookaround and back-references need an engine that can be made to run for ever.
      onUnchecked(pattern);
      return { test: () => true } as unknown as RegExp;
    }
  };
  linear.code = 'linear';
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    allErrors: false,
    // What every object inherits is no argument.
    ownProperties: true,
    logger: false,
    code: { regExp: linear },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    validate: (wanted: boolean, data: JsonValue[]) => !wanted || allDifferent(data),
    error: { message: 'must not have equal items' },
  });
  return ajv;
}

// By canonical text, so that a long list of objects costs its length and not the square of it.
function allDifferent(items: readonly JsonValue[]): boolean {
  return new Set(items.map(canonicalJson)).size === items.length;
}

function describe(check: ValidateFunction, whole: string): string {
  const [error] = check.errors ?? [];
  return error ? shorten(sentence(error, whole), LONGEST_MESSAGE) : `${whole} cannot be matched with the schema`;
}

function sentence({ instancePath, keyword, params, message }: ErrorObject, whole: string): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const where = path === '' ? whole : path;
  if (keyword === 'required') return `${path === '' ? '' : `${path}.`}${params.missingProperty} is required`;
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    return `${where} must not have "${params.additionalProperty ?? params.unevaluatedProperty}"`;
  }
  if (keyword === 'enum') return `${where} must be one of ${shorten(JSON.stringify(params.allowedValues), 500)}`;
  if (keyword === 'const') return `${where} must be ${shorten(JSON.stringify(params.allowedValue), 200)}`;
  return `${where} ${message ?? 'does not match the schema'}`;
}
