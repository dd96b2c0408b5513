import { createRequire } from 'node:module';
import type { AnySchema, ValidateFunction } from 'ajv';
import type { Dialect } from './dialect.ts';
import { keywords } from './keywords.ts';
import { linear } from './linear.ts';

type AjvClass = typeof import('ajv').default;
type Ajv = InstanceType<AjvClass>;

/** An Ajv instance retains some memory per compiled schema, so it is replaced after this many. */
const MAX_COMPILED = 300;

/** Compiles schemas to code. Each plugin has its own compiler. */
export interface Compiler {
  /** Throws if Ajv rejects the schema. `unevaluated`: whether the schema has `unevaluated*` keywords. */
  compile(schema: AnySchema, dialect: Dialect, unevaluated: boolean): ValidateFunction;
}

/** A compiler that loads Ajv with the first schema. */
export function createCompiler(): Compiler {
  const instances = new Map<Dialect, { readonly ajv: Ajv; compiled: number }>();
  return {
    compile(schema, dialect, unevaluated) {
      let instance = instances.get(dialect);
      if (!instance || instance.compiled >= MAX_COMPILED) {
        instance = { ajv: createInstance(dialect), compiled: 0 };
        instances.set(dialect, instance);
      }
      instance.compiled++;
      // Tracking evaluated properties slows down every combination, so it is off unless needed.
      instance.ajv.opts.unevaluated = unevaluated;
      try {
        return instance.ajv.compile(schema);
      } finally {
        instance.ajv.removeSchema(schema);
        // The key that Ajv uses for a schema without `$id`.
        delete instance.ajv.refs[''];
      }
    },
  };
}

const MODULES: Readonly<Record<Dialect, string>> = { 'draft-07': 'ajv', '2019-09': 'ajv/dist/2019', '2020-12': 'ajv/dist/2020' };

function createInstance(dialect: Dialect): Ajv {
  const require = createRequire(import.meta.url);
  const Class = require(MODULES[dialect]).default as AjvClass;
  // Ajv caches patterns by `toString()`.
  const regExp = (pattern: string): RegExp => Object.assign(Object.create(linear(pattern)), { toString: () => pattern }) as RegExp;
  regExp.code = 'linear';
  const ajv = new Class({
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    allErrors: false,
    // Inherited members are not arguments.
    ownProperties: true,
    inlineRefs: MAX_INLINED,
    logger: false,
    code: { regExp },
  });
  ajv.opts.dynamicRef = false;
  for (const keyword of ['uniqueItems', 'multipleOf', 'unevaluatedItems']) ajv.removeKeyword(keyword);
  for (const keyword of keywords(require('ajv') as typeof import('ajv'))) ajv.addKeyword(keyword);
  return ajv;
}

/** References to schemas with more keywords become function calls, so the code grows with the schema and not with its references. */
const MAX_INLINED = 12;
