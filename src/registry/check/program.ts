import { setImmediate as turn } from 'node:timers/promises';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JsonValue } from '../../core/json/json.ts';
import { refill, search } from './budget.ts';
import type { Compiler } from './compiler.ts';
import type { Part } from './keywords.ts';
import { prepare } from './prepare.ts';
import { split, type Unit } from './split.ts';
import type { Survey } from './survey.ts';

/** A compiled schema. */
export interface Program {
  /** Throws `Overrun` if the check takes too many steps. */
  run(value: JsonValue): boolean;
  /** The errors of the last run. */
  readonly errors: readonly ErrorObject[];
  /** Compiles the parts that a run on this value needs, yielding in between; undefined if all are compiled. */
  ready(value: JsonValue): Promise<void> | undefined;
  readonly isDouble: boolean;
  /** Whether it is compiled in parts. */
  readonly isLarge: boolean;
}

/** Schemas with up to this many subschemas are compiled at once. */
const MAX_AT_ONCE = 64;
const MAX_BETWEEN_TURNS = 48;
const MAX_ROUNDS = 100;

/** Compiles a surveyed schema, as a whole or in parts. Throws if the compiler rejects it. */
export function createProgram(surveyed: Survey, exact: boolean, compiler: Compiler): Program {
  const { dialect, subschemas, hasUnevaluated, targets } = surveyed;
  const isLarge = subschemas > MAX_AT_ONCE;
  const { schema, isDouble } = prepare(surveyed, exact, isLarge || targets.size > 0);
  // Parts cannot see what other parts have evaluated, so `unevaluated*` needs the whole schema in one compilation.
  if (isLarge && !hasUnevaluated) {
    const compile = (unit: Unit): ValidateFunction => compiler.compile(unit.schema, dialect, false);
    return inParts((toPart) => split(schema, toPart), compile, isDouble);
  }
  const check = compiler.compile(schema, dialect, hasUnevaluated);
  return {
    run(value) {
      refill();
      return check(value);
    },
    get errors() {
      return check.errors ?? [];
    },
    ready: () => undefined,
    isDouble,
    isLarge: false,
  };
}

interface CompiledUnit {
  readonly unit: Unit;
  check?: ValidateFunction;
}

function inParts(splitBy: (toPart: (unit: Unit) => Part) => Unit, compile: (unit: Unit) => ValidateFunction, isDouble: boolean): Program {
  const parts = new Map<Unit, Part & { errors?: unknown }>();
  const compiled = (entry: CompiledUnit): ValidateFunction => {
    entry.check ??= compile(entry.unit);
    return entry.check;
  };
  const toPart = (unit: Unit): Part => {
    const known = parts.get(unit);
    if (known) return known;
    const entry: CompiledUnit = { unit };
    const part: Part & { errors?: unknown } = (data, place) => {
      if (!entry.check && search.missing) {
        search.missing.add(entry);
        return true;
      }
      const check = compiled(entry);
      const fits = check(data, place as never);
      part.errors = check.errors;
      return fits;
    };
    parts.set(unit, part);
    return part;
  };
  const root: CompiledUnit = { unit: splitBy(toPart) };

  const lookFor = (value: JsonValue): Set<CompiledUnit> => {
    if (!root.check) return new Set([root]);
    const found = new Set<CompiledUnit>();
    search.missing = found;
    try {
      refill();
      root.check(value);
    } catch {
      // The real run will throw again.
      found.clear();
    } finally {
      search.missing = undefined;
    }
    return found;
  };

  const complete = async (value: JsonValue): Promise<void> => {
    let found = lookFor(value);
    for (let round = 0; found.size > 0 && round < MAX_ROUNDS; round++) {
      let size = 0;
      for (const entry of found) {
        compiled(entry);
        size += entry.unit.size;
        if (size < MAX_BETWEEN_TURNS) continue;
        size = 0;
        await turn();
      }
      await turn();
      found = lookFor(value);
    }
  };

  return {
    run(value) {
      refill();
      return compiled(root)(value);
    },
    get errors() {
      return root.check?.errors ?? [];
    },
    ready: (value) => (lookFor(value).size === 0 ? undefined : complete(value)),
    isDouble,
    isLarge: true,
  };
}
