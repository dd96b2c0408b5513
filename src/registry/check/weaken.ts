import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { IN_PLACE_LIST, IN_PLACE_ONE, INSIDE_MAP, INSIDE_ONE, STORED_MAP, targetOf } from '../schemas/subschemas.ts';
import { isSchema } from './keyword-shapes.ts';
import type { Survey } from './survey.ts';

/** How `weaken` rewrites schemas. */
export interface Weakening {
  /** Replaces a part that cannot be checked. */
  readonly instead: JsonValue;
  /** The keyword and value to write; undefined drops the keyword. */
  keyword(schema: JsonObject, key: string, value: JsonValue): readonly [key: string, value: JsonValue] | undefined;
  /** A last step for every rewritten schema. */
  finish(schema: JsonObject, original: JsonObject): JsonObject;
}

const ONE = new Set([...IN_PLACE_ONE, ...INSIDE_ONE]);
const LIST = new Set([...IN_PLACE_LIST, 'prefixItems']);
const MAP = new Set(INSIDE_MAP);

/** Keywords that change or lose their meaning when another one is dropped. */
const DEPENDENTS: Readonly<Record<string, readonly string[]>> = {
  properties: ['additionalProperties'],
  patternProperties: ['additionalProperties'],
  items: ['additionalItems'],
  prefixItems: ['items'],
  if: ['then', 'else'],
  contains: ['minContains', 'maxContains'],
  minContains: ['contains', 'maxContains'],
};

/**
 * A schema that accepts everything the surveyed one accepts, without the parts that cannot be checked. Below "not", "if" or
 * "oneOf" the whole keyword goes, because a weaker part there would make the schema stricter. Each target of references is
 * written once, in `$defs`.
 */
export function weaken(surveyed: Survey, weakening: Weakening): JsonObject {
  return new Weakener(surveyed, weakening).run();
}

class Weakener {
  readonly #survey: Survey;
  readonly #weakening: Weakening;
  readonly #names = new Map<JsonObject, string>();
  readonly #taken = new Set<string>();
  readonly #open: JsonObject[] = [];

  constructor(surveyed: Survey, weakening: Weakening) {
    this.#survey = surveyed;
    this.#weakening = weakening;
  }

  run(): JsonObject {
    const { root } = this.#survey;
    const body = this.#body(root);
    const defs = new Map<string, JsonValue>();
    for (let target = this.#open.pop(); target !== undefined; target = this.#open.pop())
      defs.set(this.#names.get(target) as string, this.#body(target));
    return defs.size === 0 ? body : { ...body, $defs: Object.fromEntries(defs) };
  }

  #emit(schema: JsonValue): JsonValue {
    if (!isSchema(schema)) return this.#weakening.instead;
    if (!isJsonObject(schema)) return schema;
    return this.#survey.targets.has(schema) ? { $ref: this.#refTo(schema) } : this.#body(schema);
  }

  #refTo(target: JsonObject): string {
    if (target === this.#survey.root) return '#';
    const known = this.#names.get(target);
    if (known !== undefined) return `#/$defs/${known}`;
    const name = this.#freeName(target);
    this.#names.set(target, name);
    this.#open.push(target);
    return `#/$defs/${name}`;
  }

  #freeName(target: JsonObject): string {
    const wanted = typeof target.title === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(target.title) ? target.title : 'd';
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${this.#taken.size + i}`;
    this.#taken.add(name);
    return name;
  }

  #body(schema: JsonObject): JsonObject {
    const { faults, tainted, root } = this.#survey;
    const own = faults.get(schema);
    const dropped = tainted.has(schema) ? this.#droppedOf(schema, own) : NOTHING;
    const entries: [string, JsonValue][] = [];
    for (const key of Object.keys(schema)) {
      if (dropped.has(key) || STORED_MAP.includes(key)) continue;
      const value = schema[key] as JsonValue;
      if (key === '$ref') this.#addReference(value as string, entries);
      else if (ONE.has(key) || (key === 'items' && !Array.isArray(value))) entries.push([key, this.#emit(value)]);
      else if (LIST.has(key) || key === 'items') {
        const list = (value as JsonValue[]).map((item) => this.#emit(item));
        // Weakened alternatives may overlap, so "exactly one" becomes "at least one".
        if (key === 'oneOf' && (value as JsonValue[]).some((item) => this.#isTainted(item))) add(entries, 'allOf', [{ anyOf: list }]);
        else if (key === 'allOf') add(entries, key, list);
        else entries.push([key, list]);
      } else if (MAP.has(key))
        entries.push([key, this.#map(value as JsonObject, (name) => own?.has(`${key}/${name}`) === true && key === 'patternProperties')]);
      else if (key === 'dependencies') entries.push([key, this.#dependencies(value as JsonObject)]);
      else {
        const kept = this.#weakening.keyword(schema, key, value);
        if (kept) entries.push([...kept]);
      }
    }
    const body = Object.fromEntries(entries);
    if (schema !== root && (own?.has('$ref') || own?.has('$dynamicRef') || own?.has('$recursiveRef'))) this.#standIn(body);
    return this.#weakening.finish(body, schema);
  }

  // The referenced part has unknown constraints, so the replacement stands for it.
  #standIn(body: JsonObject): void {
    if (isJsonObject(this.#weakening.instead) && !Object.keys(body).some((key) => MEANT.has(key)))
      Object.assign(body, this.#weakening.instead);
  }

  #addReference(ref: string, entries: [string, JsonValue][]): void {
    const target = targetOf(this.#survey.root, ref);
    if (isJsonObject(target)) entries.push(['$ref', this.#refTo(target)]);
    else if (target === false) add(entries, 'allOf', [false]);
  }

  #map(map: JsonObject, leavesOut: (name: string) => boolean): JsonObject {
    const kept = Object.entries(map).filter(([name]) => !leavesOut(name));
    return Object.fromEntries(kept.map(([name, item]) => [name, this.#emit(item)]));
  }

  #dependencies(map: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(map).map(([name, item]) => [name, Array.isArray(item) ? item : this.#emit(item)]));
  }

  #isTainted(schema: JsonValue | undefined): boolean {
    if (schema === undefined) return false;
    return isJsonObject(schema) ? this.#survey.tainted.has(schema) : !isSchema(schema);
  }

  #droppedOf(schema: JsonObject, faults: ReadonlyMap<string, string> | undefined): ReadonlySet<string> {
    const dropped = new Set<string>(['unevaluatedProperties', 'unevaluatedItems']);
    const drop = (key: string): void => {
      if (dropped.has(key)) return;
      dropped.add(key);
      for (const dependent of DEPENDENTS[key] ?? []) drop(dependent);
    };
    for (const key of faults?.keys() ?? []) {
      if (key.startsWith('patternProperties/')) drop('additionalProperties');
      else if (!key.includes('/')) drop(key);
    }
    if (this.#isTainted(schema.not)) drop('not');
    if (this.#isTainted(schema.if)) drop('if');
    if (this.#isTainted(schema.contains)) drop('maxContains');
    return dropped;
  }
}

function add(entries: [string, JsonValue][], key: string, list: JsonValue[]): void {
  const known = entries.find(([name]) => name === key);
  if (known) known[1] = [...(known[1] as JsonValue[]), ...list];
  else entries.push([key, list]);
}

const NOTHING: ReadonlySet<string> = new Set();
/** A schema with one of these is meaningful without its reference. */
const MEANT = new Set(['type', 'enum', 'const', 'allOf', 'anyOf', 'oneOf', 'properties', 'items']);
