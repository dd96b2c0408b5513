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

/** Says what is wrong with some arguments, in one sentence, or nothing. */
export type Validator = (args: JsonObject) => string | undefined;

/** What a schema says of values. Where it cannot tell, a value is right. */
export interface Checker {
  readonly validate: Validator;
  /** Compiles what a large schema needs for a value, letting other work go on; undefined where nothing is missing. */
  ready(args: JsonObject): Promise<void> | undefined;
  /** Wrong arguments with values where they held the JSON texts of what the schema wants; undefined where they hold none. */
  convert(args: JsonObject): JsonObject | undefined;
}

/** A checker of what cannot be checked. */
export const UNCHECKED: Checker = { validate: () => undefined, ready: () => undefined, convert: () => undefined };

const MAX_MESSAGE_LENGTH = 4 * 1024;
const CAPS: JsonCaps = { depth: 64, keys: 10_000, items: 100_000 };

/** Compiles the schemas of one plugin; schemas of different plugins never meet in one instance. */
export interface ValidatorSet {
  /** A checker for a vetted schema, which is compiled on first use; without a dialect nothing is checked. `whole` is what it calls the value itself. */
  compile(schema: JsonObject, dialect: Dialect | undefined, whole?: string): Checker;
}

/** The caps of messages, read anew with every use. */
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

/** An empty set. The compiler is loaded with the first schema, not with the gateway. `caps`: of texts that are parsed. */
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
  /** What texts are looked for by. */
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
      // A copy may hold exact numbers without being known to.
      if (!holdsExact(args) && holdsExact(noteExact(args)) && !this.#check(args)) return undefined;
      return describe(errors, this.#whole);
    } catch {
      // Given up: what cannot be told is no reason to refuse.
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

  /** What is wrong; undefined where nothing is. */
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
  return error ? shorten(sentence(error, whole), MAX_MESSAGE_LENGTH) : `${whole} cannot be matched with the schema`;
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
