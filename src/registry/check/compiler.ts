import { createRequire } from 'node:module';
import type { AnySchema, ValidateFunction } from 'ajv';
import type { Dialect } from './dialect.ts';
import { keywords } from './keywords.ts';
import { linear } from './linear.ts';

type AjvClass = typeof import('ajv').default;
type Ajv = InstanceType<AjvClass>;

/** An instance keeps something of whatever it has compiled; the next one starts without it. */
const MAX_COMPILED = 300;

/** Turns schemas into code; those of different plugins never meet in one compiler. */
export interface Compiler {
  /** Throws for a schema that the compiler does not take. `unevaluated`: whether it has keywords of that kind. */
  compile(schema: AnySchema, dialect: Dialect, unevaluated: boolean): ValidateFunction;
}

/** A compiler, which loads what it needs with the first schema. */
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
      // Following what has been evaluated costs every combination something.
      instance.ajv.opts.unevaluated = unevaluated;
      try {
        return instance.ajv.compile(schema);
      } finally {
        instance.ajv.removeSchema(schema);
        // By what it calls a schema without a name.
        delete instance.ajv.refs[''];
      }
    },
  };
}

const MODULES: Readonly<Record<Dialect, string>> = { 'draft-07': 'ajv', '2019-09': 'ajv/dist/2019', '2020-12': 'ajv/dist/2020' };

function createInstance(dialect: Dialect): Ajv {
  const require = createRequire(import.meta.url);
  const Class = require(MODULES[dialect]).default as AjvClass;
  // Patterns are told apart by their texts.
  const regExp = (pattern: string): RegExp => Object.assign(Object.create(linear(pattern)), { toString: () => pattern }) as RegExp;
  regExp.code = 'linear';
  const ajv = new Class({
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    allErrors: false,
    // What every object inherits is no argument.
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

/** References to schemas with more keywords than this become calls, so that code grows with the schema and not with its references. */
const MAX_INLINED = 12;
