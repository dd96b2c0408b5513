import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { children, IN_PLACE_LIST, IN_PLACE_ONE, targetOf } from '../schemas/subschemas.ts';
import type { Dialect } from './dialect.ts';
import { isSchema, shapeFault } from './keyword-shapes.ts';

const MAX_WEIGHT = 2_000;
/** Larger schemas are compiled in parts, which cannot see what other parts have evaluated. */
const MAX_UNEVALUATED = 150;
const UNEVALUATED = ['unevaluatedProperties', 'unevaluatedItems'];

/** An analysis of a schema: its parts, and those that cannot be checked. References are pointers from the root. */
export interface Survey {
  readonly root: JsonObject;
  readonly dialect: Dialect;
  /** Faults by schema and keyword; `patternProperties/<pattern>` for a single pattern. */
  readonly faults: ReadonlyMap<JsonObject, ReadonlyMap<string, string>>;
  /** The faults as texts with their JSON pointers. */
  readonly left: readonly string[];
  /** Schemas with a fault in themselves or below, references included. */
  readonly tainted: ReadonlySet<JsonObject>;
  /** The targets of references. */
  readonly targets: ReadonlySet<JsonObject>;
  readonly subschemas: number;
  readonly hasUnevaluated: boolean;
  readonly hasDependencies: boolean;
  /** Whether checking one value would be too expensive. */
  readonly heavy: boolean;
}

/** Returns what a consumer cannot process about a keyword. Keys of `patternProperties` are passed as `pattern`. */
export type Judge = (key: string, value: JsonValue) => string | undefined;

/** Analyses a schema. `judge` reports further faults. */
export function survey(root: JsonObject, dialect: Dialect, judge: Judge = () => undefined): Survey {
  return new Surveyor(root, dialect, judge).run();
}

class Surveyor {
  readonly #root: JsonObject;
  readonly #dialect: Dialect;
  readonly #judge: Judge;
  readonly #faults = new Map<JsonObject, Map<string, string>>();
  readonly #left: string[] = [];
  readonly #places = new Map<JsonObject, string>();
  readonly #above = new Map<JsonObject, JsonObject[]>();
  readonly #targets = new Set<JsonObject>();
  readonly #weights = new Map<JsonObject, number | 'open'>();
  #heavy = false;
  #hasUnevaluated = false;
  #contains = false;
  #hasDependencies = false;

  constructor(root: JsonObject, dialect: Dialect, judge: Judge) {
    this.#root = root;
    this.#dialect = dialect;
    this.#judge = judge;
  }

  run(): Survey {
    this.#visit(this.#root, '#');
    this.#judgeUnevaluated();
    for (const schema of this.#places.keys()) this.#weigh(schema);
    return {
      root: this.#root,
      dialect: this.#dialect,
      faults: this.#faults,
      left: this.#left,
      tainted: this.#spread(),
      targets: this.#targets,
      subschemas: this.#places.size,
      hasUnevaluated: this.#hasUnevaluated,
      hasDependencies: this.#hasDependencies,
      heavy: this.#heavy,
    };
  }

  // `unevaluated*` keywords cannot be checked in large schemas.
  #judgeUnevaluated(): void {
    const isTooLarge = this.#places.size > MAX_UNEVALUATED;
    for (const schema of this.#places.keys()) {
      if (isTooLarge)
        for (const key of UNEVALUATED)
          if (schema[key] !== undefined) this.#mark(schema, key, `is too expensive in a schema of more than ${MAX_UNEVALUATED} parts`);
      // Ajv does not count the items that "contains" has evaluated.
      if (!isTooLarge && this.#contains && schema.unevaluatedItems !== undefined)
        this.#mark(schema, 'unevaluatedItems', 'cannot be checked together with "contains"');
    }
    if (isTooLarge) this.#hasUnevaluated = false;
  }

  #visit(schema: JsonObject, at: string): void {
    this.#places.set(schema, at);
    for (const key of Object.keys(schema)) this.#checkKeyword(schema, key, schema[key] as JsonValue);
    if (schema.$ref !== undefined && !this.#hasFault(schema, '$ref')) this.#checkReference(schema, schema.$ref as string);
    for (const [child, path] of children(schema, at)) {
      if (!isSchema(child)) this.#mark(schema, path.slice(at.length + 1), 'is not a schema');
      else if (isJsonObject(child)) {
        this.#link(child, schema);
        this.#visit(child, path);
      }
    }
  }

  #checkKeyword(schema: JsonObject, key: string, value: JsonValue): void {
    const fault = shapeFault(key, value) ?? this.#judge(key, value);
    if (fault !== undefined) return this.#mark(schema, key, fault);
    if (key === 'unevaluatedProperties' || key === 'unevaluatedItems') this.#hasUnevaluated = true;
    if (key === 'dependencies') this.#hasDependencies = true;
    if (key === 'contains') this.#contains = true;
    if (key === 'patternProperties')
      for (const pattern of Object.keys(value as JsonObject)) {
        const fault = this.#judge('pattern', pattern);
        if (fault !== undefined) this.#mark(schema, `${key}/${pattern}`, fault);
      }
    if ((key === '$dynamicRef' || key === '$recursiveRef') && this.#dialect !== 'draft-07')
      this.#mark(schema, key, 'is a dynamic reference with several possible targets');
    if (key === 'items' && Array.isArray(value) && this.#dialect === '2020-12')
      this.#mark(schema, key, 'is a list, which only older dialects allow');
  }

  #checkReference(schema: JsonObject, ref: string): void {
    const target = ref.startsWith('#') ? targetOf(this.#root, ref) : undefined;
    if (!isSchema(target)) return this.#mark(schema, '$ref', ref.startsWith('#') ? 'points to nothing' : 'leaves the schema');
    if (!isJsonObject(target)) return;
    this.#targets.add(target);
    this.#link(target, schema);
  }

  /** The number of checks that apply to one value, references included. Marks references that form a loop. */
  #weigh(schema: JsonObject): number {
    const known = this.#weights.get(schema);
    if (typeof known === 'number') return known;
    this.#weights.set(schema, 'open');
    let weight = 1;
    for (const child of inPlace(schema)) weight += isJsonObject(child) ? this.#weigh(child) : 1;
    if (typeof schema.$ref === 'string' && !this.#hasFault(schema, '$ref')) {
      const target = targetOf(this.#root, schema.$ref);
      if (isJsonObject(target) && this.#weights.get(target) === 'open') this.#mark(schema, '$ref', 'leads back to itself');
      else if (isJsonObject(target)) weight += this.#weigh(target);
    }
    if (weight > MAX_WEIGHT) this.#heavy = true;
    const capped = Math.min(weight, MAX_WEIGHT + 1);
    this.#weights.set(schema, capped);
    return capped;
  }

  #link(schema: JsonObject, above: JsonObject): void {
    const known = this.#above.get(schema);
    if (known) known.push(above);
    else this.#above.set(schema, [above]);
  }

  #hasFault(schema: JsonObject, key: string): boolean {
    return this.#faults.get(schema)?.has(key) === true;
  }

  #mark(schema: JsonObject, key: string, fault: string): void {
    const own = this.#faults.get(schema) ?? new Map<string, string>();
    own.set(key, fault);
    this.#faults.set(schema, own);
    this.#left.push(`${this.#places.get(schema)}/${key} ${fault}`);
  }

  #spread(): Set<JsonObject> {
    const tainted = new Set(this.#faults.keys());
    for (const schema of tainted) for (const above of this.#above.get(schema) ?? []) tainted.add(above);
    return tainted;
  }
}

function inPlace(schema: JsonObject): JsonValue[] {
  const one = IN_PLACE_ONE.flatMap((key) => (schema[key] === undefined ? [] : [schema[key]]));
  const maps = ['dependentSchemas', 'dependencies'].flatMap((key) => (isJsonObject(schema[key]) ? Object.values(schema[key]) : []));
  return [...one, ...maps, ...IN_PLACE_LIST.flatMap((key) => (Array.isArray(schema[key]) ? schema[key] : []))];
}
