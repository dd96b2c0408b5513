import { toJsonText } from '../core/exact-number.ts';
import { parseExact } from '../core/exact-parse.ts';
import { findFault, toDouble } from '../core/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { children, IN_PLACE_LIST, IN_PLACE_ONE, Misplaced, targetOf } from './schemas/subschemas.ts';

/** A schema that may be served and compiled, or why it may not. */
export type Vetted =
  | {
      readonly schema: JsonObject;
      readonly dialect: Dialect;
      readonly subschemas: number;
      readonly refused?: undefined;
    }
  | { readonly schema?: undefined; readonly refused: string };

/** The dialects that validators exist for. */
export type Dialect = 'draft-07' | '2020-12';

const DEEPEST = 32;
const MOST_SUBSCHEMAS = 2_000;
const MOST_WEIGHT = 2_000;
const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ['json-schema.org/draft-06/schema', 'draft-07'],
  ['json-schema.org/draft-07/schema', 'draft-07'],
  ['json-schema.org/draft/2019-09/schema', '2020-12'],
  ['json-schema.org/draft/2020-12/schema', '2020-12'],
]);
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains'];

/** Thrown inside the walk, caught at its top. */
class Refusal extends Error {}

/**
 * Decides whether a tool's schema can be served: an object schema of a known dialect, within `maxBytes`, 32 levels and
 * 2,000 subschemas, with keywords of the right kind and references that stay inside and do not loop. Returns a copy
 * without `$id`; nothing is ever fetched.
 */
export function vetSchema(input: unknown, maxBytes: number): Vetted {
  try {
    if (!isJsonObject(input))
      throw new Refusal(`it is ${input === null ? 'null' : Array.isArray(input) ? 'a list' : `a ${typeof input}`}, not an object`);
    const text = toJsonText(input);
    if (Buffer.byteLength(text) > maxBytes) throw new Refusal(`it has ${Buffer.byteLength(text)} bytes, more than ${maxBytes}`);
    const schema = parseExact(text) as JsonObject;
    if (schema.type !== 'object') throw new Refusal(`its root must have "type": "object", not ${JSON.stringify(schema.type)}`);
    const odd = findFault(schema);
    if (odd) throw new Refusal(`its number at ${odd.path} ${odd.fault}`);
    const walk = new Walk(schema);
    const subschemas = walk.visit(schema, '#', 0);
    const known = new Map<JsonValue, number | 'open'>();
    for (const subschema of subschemas) walk.weigh(subschema, known);
    return { schema, dialect: walk.dialect, subschemas: subschemas.length };
  } catch (error) {
    if (error instanceof Refusal || error instanceof Misplaced) return { refused: error.message };
    throw error;
  }
}

class Walk {
  readonly #root: JsonObject;
  readonly #rootId: string | undefined;
  readonly #seen: JsonObject[] = [];
  dialect: Dialect = '2020-12';

  constructor(root: JsonObject) {
    this.#root = root;
    this.#rootId = typeof root.$id === 'string' ? root.$id : undefined;
    if (root.$schema === undefined) return;
    const name = typeof root.$schema === 'string' ? root.$schema.replace(/^https?:\/\//, '').replace(/#$/, '') : '';
    const known = DIALECTS.get(name);
    if (known === undefined) throw new Refusal(`its dialect ${JSON.stringify(root.$schema)} is not known`);
    this.dialect = known;
  }

  /** Checks a schema and everything below it; returns all of them. */
  visit(schema: JsonValue, at: string, depth: number): readonly JsonObject[] {
    if (typeof schema === 'boolean') return this.#seen;
    if (!isJsonObject(schema)) throw new Refusal(`${at} is no schema`);
    if (depth > DEEPEST) throw new Refusal(`it is more than ${DEEPEST} levels deep`);
    if (this.#seen.push(schema) > MOST_SUBSCHEMAS) throw new Refusal(`it has more than ${MOST_SUBSCHEMAS} subschemas`);
    if (schema.$id !== undefined) {
      if (typeof schema.$id !== 'string') throw new Refusal(`${at}/$id is no text`);
      delete schema.$id;
    }
    this.#checkKeywords(schema, at);
    this.#checkReference(schema, at);
    for (const [child, path] of children(schema, at)) this.visit(child, path, depth + 1);
    // A list of item schemas is how older dialects write a tuple.
    if (Array.isArray(schema.items) && this.#root.$schema === undefined) this.dialect = 'draft-07';
    return this.#seen;
  }

  #checkKeywords(schema: JsonObject, at: string): void {
    const wrong = (key: string, what: string): never => {
      throw new Refusal(`${at}/${key} is not ${what}`);
    };
    const { type, required, pattern } = schema;
    const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
    for (const t of types) if (typeof t !== 'string' || !TYPES.has(t)) wrong('type', `one of ${[...TYPES].join(', ')}`);
    if (required !== undefined && !(Array.isArray(required) && required.every((r) => typeof r === 'string')))
      wrong('required', 'a list of names');
    if (schema.enum !== undefined && !Array.isArray(schema.enum)) wrong('enum', 'a list');
    if (pattern !== undefined && typeof pattern !== 'string') wrong('pattern', 'a text');
    for (const key of NUMBERS) if (schema[key] !== undefined && typeof toDouble(schema[key]) !== 'number') wrong(key, 'a number');
    for (const key of COUNTS) {
      const value = toDouble(schema[key]);
      if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 0)) wrong(key, 'a whole number from 0');
    }
    if (schema.$dynamicRef !== undefined || schema.$recursiveRef !== undefined) wrong('$dynamicRef', 'allowed: references must be static');
  }

  #checkReference(schema: JsonObject, at: string): void {
    const ref = schema.$ref;
    if (ref === undefined) return;
    if (typeof ref !== 'string') throw new Refusal(`${at}/$ref is no text`);
    if (this.#rootId !== undefined && ref.startsWith(`${this.#rootId}#`)) schema.$ref = ref.slice(this.#rootId.length);
    if (!(schema.$ref as string).startsWith('#')) throw new Refusal(`${at}/$ref leaves the schema: ${ref.slice(0, 80)}`);
    if (targetOf(this.#root, schema.$ref as string) === undefined) throw new Refusal(`${at}/$ref points to nothing: ${ref.slice(0, 80)}`);
  }

  /** How many checks one value may meet at one place, references followed. Refuses a loop that never moves into the value. */
  weigh(schema: JsonValue, known: Map<JsonValue, number | 'open'>): number {
    if (!isJsonObject(schema)) return 1;
    const seen = known.get(schema);
    if (seen === 'open') throw new Refusal('its references form a loop');
    if (seen !== undefined) return seen;
    known.set(schema, 'open');
    let weight = 1;
    for (const child of inPlace(schema)) weight += this.weigh(child, known);
    if (typeof schema.$ref === 'string') weight += this.weigh(targetOf(this.#root, schema.$ref) as JsonValue, known);
    if (weight > MOST_WEIGHT) throw new Refusal(`its references expand to more than ${MOST_WEIGHT} checks of one value`);
    known.set(schema, weight);
    return weight;
  }
}

function inPlace(schema: JsonObject): JsonValue[] {
  const one = IN_PLACE_ONE.flatMap((key) => (schema[key] === undefined ? [] : [schema[key]]));
  return [...one, ...IN_PLACE_LIST.flatMap((key) => (Array.isArray(schema[key]) ? schema[key] : []))];
}
