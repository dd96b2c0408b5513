import type { ErrorObject } from 'ajv';
import { toJsonText } from '../core/json/exact-number.ts';
import { holdsExact, noteExact, toDoubles } from '../core/json/exact-tree.ts';
import type { JsonObject, JsonValue } from '../core/json/json.ts';
import type { JsonCaps } from '../core/json/json-scan.ts';
import { shorten } from '../core/text/text.ts';
import { refill } from './check/budget.ts';
import { type Compiler, createCompiler } from './check/compiler.ts';
import { convertTexts } from './check/convert.ts';
import type { Dialect } from './check/dialect.ts';
import { notLinear } from './check/linear.ts';
import { withOriginals } from './check/originals.ts';
import { isDoubleToo, prepare } from './check/prepare.ts';
import { createProgram, type Program } from './check/program.ts';
import { type Survey, survey } from './check/survey.ts';

/** Returns the first error in some arguments as one sentence; undefined if they are valid. */
export type Validator = (args: JsonObject) => string | undefined;

/** Checks values by a schema. A value that it cannot judge counts as valid. */
export interface Checker {
  readonly validate: Validator;
  /** Compiles the parts of a large schema that a value needs, yielding to other work; undefined if all are compiled. */
  ready(args: JsonObject): Promise<void> | undefined;
  /** A copy of invalid arguments in which JSON strings are parsed where the schema wants another type; undefined if there are none. */
  convert(args: JsonObject): JsonObject | undefined;
}

/** Accepts every value; for schemas that cannot be checked. */
export const UNCHECKED: Checker = { validate: () => undefined, ready: () => undefined, convert: () => undefined };

const MAX_MESSAGE_LENGTH = 4 * 1024;
const CAPS: JsonCaps = { depth: 64, keys: 10_000, items: 100_000 };

/** Compiles the schemas of one plugin. Plugins never share a compiler instance. */
export interface ValidatorSet {
  /** A checker for a vetted schema, compiled on first use; accepts everything without `dialect`. `whole` names the root value in messages. */
  compile(schema: JsonObject, dialect: Dialect | undefined, whole?: string): Checker;
}

/** The caps of messages, read from the limits on every use. */
export function capsOf(limits: { readonly jsonDepth: number; readonly jsonKeys: number; readonly jsonItems: number }): JsonCaps {
  return {
    get depth() {
      return limits.jsonDepth;
    },
    get keys() {
      return limits.jsonKeys;
    },
    get items() {
      return limits.jsonItems;
    },
  };
}

/** An empty set. Loads the compiler with the first schema, not at start. `caps`: for strings that are parsed. */
export function createValidatorSet(caps: JsonCaps = CAPS): ValidatorSet {
  const compiler = createCompiler();
  return {
    compile: (schema, dialect, whole = 'the arguments') =>
      dialect ? new SchemaChecker(schema, dialect, whole, compiler, caps) : UNCHECKED,
  };
}

class SchemaChecker implements Checker {
  readonly #schema: JsonObject;
  readonly #dialect: Dialect;
  readonly #whole: string;
  readonly #compiler: Compiler;
  readonly #caps: JsonCaps;
  #doubles: Program | undefined;
  #exact: Program | undefined;
  /** The schema by which strings are converted. */
  #readable: JsonObject | undefined;
  #broken = false;

  constructor(schema: JsonObject, dialect: Dialect, whole: string, compiler: Compiler, caps: JsonCaps) {
    this.#schema = schema;
    this.#dialect = dialect;
    this.#whole = whole;
    this.#compiler = compiler;
    this.#caps = caps;
  }

  readonly validate: Validator = (args) => {
    if (this.#broken) return undefined;
    try {
      const errors = this.#check(args);
      if (!errors) return undefined;
      // A copy may contain exact numbers that are not noted yet.
      if (!holdsExact(args) && holdsExact(noteExact(args)) && !this.#check(args)) return undefined;
      return describe(errors, this.#whole);
    } catch {
      // The check was given up; arguments are rejected only if they are certainly wrong.
      return undefined;
    }
  };

  readonly ready = (args: JsonObject): Promise<void> | undefined => {
    if (this.#broken) return undefined;
    try {
      this.#doubles ??= this.#create(false);
      if (!this.#doubles.isLarge) return undefined;
      const pending = this.#programFor(args).ready(toDoubles(args));
      return pending ? pending.then(() => this.#readyConverted(args)).catch(() => undefined) : this.#readyConverted(args);
    } catch {
      return undefined;
    }
  };

  #readyConverted(args: JsonObject): Promise<void> | undefined {
    const converted = this.validate(args) === undefined ? undefined : this.convert(args);
    return converted && this.#programFor(converted).ready(toDoubles(converted));
  }

  readonly convert = (args: JsonObject): JsonObject | undefined => {
    if (this.#broken) return undefined;
    try {
      this.#readable ??= prepare(this.#survey(), false, false).schema;
      refill();
      return convertTexts(args, this.#readable, this.#caps);
    } catch {
      return undefined;
    }
  };

  /** The errors; undefined if there are none. */
  #check(args: JsonObject): readonly ErrorObject[] | undefined {
    const program = this.#programFor(args);
    const fits = program === this.#exact ? withOriginals(args, (copy) => program.run(copy)) : program.run(toDoubles(args));
    return fits ? undefined : program.errors;
  }

  #programFor(args: JsonObject): Program {
    this.#doubles ??= this.#create(false);
    if (this.#doubles.isDouble && (!holdsExact(args) || isDoubleToo(args))) return this.#doubles;
    this.#exact ??= this.#create(true);
    return this.#exact;
  }

  #create(exact: boolean): Program {
    try {
      return createProgram(this.#survey(), exact, this.#compiler);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  #survey(): Survey {
    return survey(this.#schema, this.#dialect, notLinear);
  }
}

function describe([error]: readonly ErrorObject[], whole: string): string {
  return error ? shorten(sentence(error, whole), MAX_MESSAGE_LENGTH) : `${whole} cannot be matched against the schema`;
}

function sentence({ instancePath, keyword, params, message }: ErrorObject, whole: string): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const where = path === '' ? whole : path;
  if (keyword === 'required') return `${path === '' ? '' : `${path}.`}${params.missingProperty} is required`;
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    return `${where} must not have "${params.additionalProperty ?? params.unevaluatedProperty}"`;
  }
  if (params.allowedValue !== undefined) return `${where} must be ${show(params.allowedValue, 200)}`;
  const allowed = params.allowedValues as JsonValue[] | undefined;
  if (allowed?.length === 1 && keyword === 'x-enum') return `${where} must be ${show(allowed[0] as JsonValue, 200)}`;
  if (allowed) return `${where} must be one of ${show(allowed, 500)}`;
  return `${where} ${message ?? 'does not match the schema'}`;
}

function show(value: JsonValue, longest: number): string {
  return shorten(toJsonText(value), longest);
}
