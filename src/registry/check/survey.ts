import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { children, IN_PLACE_LIST, IN_PLACE_ONE, targetOf } from '../schemas/subschemas.ts';
import type { Dialect } from './dialect.ts';
import { isSchema, shapeFault } from './keyword-shapes.ts';

const MAX_WEIGHT = 2_000;
/** Schemas with more parts are compiled part by part, and no part knows what another has looked at. */
const MAX_UNEVALUATED = 150;
const UNEVALUATED = ['unevaluatedProperties', 'unevaluatedItems'];

/** What a schema is made of, and which parts of it nobody can check by. References are pointers from the root. */
export interface Survey {
  readonly root: JsonObject;
  readonly dialect: Dialect;
  /** What is wrong with keywords, by the schema they stand in; `patternProperties/<pattern>` for one pattern of several. */
  readonly faults: ReadonlyMap<JsonObject, ReadonlyMap<string, string>>;
  /** The same with its place, in words. */
  readonly left: readonly string[];
  /** The schemas that have a fault somewhere below, references followed. */
  readonly tainted: ReadonlySet<JsonObject>;
  /** What references point to. */
  readonly targets: ReadonlySet<JsonObject>;
  readonly subschemas: number;
  readonly hasUnevaluated: boolean;
  readonly hasDependencies: boolean;
  /** Whether it is too much work to check one value by it. */
  readonly heavy: boolean;
}

/** What a reader of schemas says is wrong with a keyword, beside its shape. Each of several patterns is asked for as `pattern`. */
export type Judge = (key: string, value: JsonValue) => string | undefined;

/** Looks through a schema. `judge`: what its reader cannot do is a fault as well. */
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

  // Keywords about what no other has looked at.
  #judgeUnevaluated(): void {
    const isTooLarge = this.#places.size > MAX_UNEVALUATED;
    for (const schema of this.#places.keys()) {
      if (isTooLarge)
        for (const key of UNEVALUATED) if (schema[key] !== undefined) this.#mark(schema, key, 'is too much work in so large a schema');
      // The compiler does not count what "contains" has looked at.
      if (!isTooLarge && this.#contains && schema.unevaluatedItems !== undefined)
        this.#mark(schema, 'unevaluatedItems', 'stands beside "contains"');
    }
    if (isTooLarge) this.#hasUnevaluated = false;
  }

  #visit(schema: JsonObject, at: string): void {
    this.#places.set(schema, at);
    for (const key of Object.keys(schema)) this.#checkKeyword(schema, key, schema[key] as JsonValue);
    if (schema.$ref !== undefined && !this.#hasFault(schema, '$ref')) this.#checkReference(schema, schema.$ref as string);
    for (const [child, path] of children(schema, at)) {
      if (!isSchema(child)) this.#mark(schema, path.slice(at.length + 1), 'is no schema');
      else if (isJsonObject(child)) {
        this.#hang(child, schema);
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
        const unrun = this.#judge('pattern', pattern);
        if (unrun !== undefined) this.#mark(schema, `${key}/${pattern}`, unrun);
      }
    if ((key === '$dynamicRef' || key === '$recursiveRef') && this.#dialect !== 'draft-07')
      this.#mark(schema, key, 'is a reference that depends on the way to it');
    if (key === 'items' && Array.isArray(value) && this.#dialect === '2020-12')
      this.#mark(schema, key, 'is a list, which older dialects have');
  }

  #checkReference(schema: JsonObject, ref: string): void {
    const target = ref.startsWith('#') ? targetOf(this.#root, ref) : undefined;
    if (!isSchema(target)) return this.#mark(schema, '$ref', ref.startsWith('#') ? 'points to nothing' : 'leaves the schema');
    if (!isJsonObject(target)) return;
    this.#targets.add(target);
    this.#hang(target, schema);
  }

  /** How many checks one value may meet at one place, references followed; a reference that closes a loop is a fault. */
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

  #hang(schema: JsonObject, above: JsonObject): void {
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
