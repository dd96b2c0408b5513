import { comparableText } from '../../core/json/decimal.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { targetOf } from '../schemas/subschemas.ts';
import { typeOf } from '../schemas/types.ts';
import { linear } from './linear.ts';

/** The types that the schema wants in place of a string, by its container, then by its key or index. */
export type Wanted = ReadonlyMap<object, ReadonlyMap<string | number, ReadonlySet<string>>>;

/** Undefined: a string is acceptable. */
type Verdict = ReadonlySet<string> | undefined;
type Findings = Map<object, Map<string | number, Verdict>>;

/** Looking at one value by one subschema costs a step. */
const MAX_STEPS = 50_000;
const CONVERTIBLE = new Set(['object', 'array', 'number', 'integer', 'boolean']);
const NONE: Findings = new Map();

/** Finds strings in a value where every matching alternative of the prepared schema requires another type. */
export function findWanted(schema: JsonObject, value: JsonObject): Wanted {
  const wanted = new Map<object, Map<string | number, ReadonlySet<string>>>();
  let findings: Findings;
  try {
    findings = new Finder(schema).look(schema, value, undefined);
  } catch (error) {
    if (error instanceof TooMuch) return wanted;
    throw error;
  }
  for (const [container, verdicts] of findings)
    for (const [key, types] of verdicts)
      if (types && types.size > 0) wanted.set(container, (wanted.get(container) ?? new Map()).set(key, types));
  return wanted;
}

class TooMuch extends Error {}

/** The position of a value; undefined for the root. */
type Spot = { readonly container: object; readonly key: string | number } | undefined;

class Finder {
  readonly #root: JsonObject;
  #left = MAX_STEPS;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  look(schema: JsonValue | undefined, value: JsonValue, spot: Spot): Findings {
    if (!isJsonObject(schema)) return NONE;
    this.#step();
    const all: Findings[] = [];
    if (typeof value === 'string' && spot && schema.type !== undefined)
      all.push(new Map([[spot.container, new Map([[spot.key, verdictOf(schema.type)]])]]));
    if (typeof schema.$ref === 'string') all.push(this.look(targetOf(this.#root, schema.$ref), value, spot));
    for (const part of listOf(schema.allOf)) all.push(this.look(part, value, spot));
    for (const branches of [listOf(schema.anyOf), listOf(schema.oneOf)])
      if (branches.length > 0) all.push(this.#either(branches, value, spot));
    if (schema.if !== undefined) {
      const holds = this.#holds(schema.if, value);
      if (holds !== undefined) all.push(this.look(holds ? schema.then : schema.else, value, spot));
      else all.push(this.#disjunction([this.look(schema.then, value, spot), this.look(schema.else, value, spot)]));
    }
    if (Array.isArray(value)) this.#lookIntoList(schema, value, all);
    else if (isJsonObject(value)) this.#lookIntoObject(schema, value, spot, all);
    return this.#conjunction(all);
  }

  #either(branches: readonly JsonValue[], value: JsonValue, spot: Spot): Findings {
    const live = branches.filter((branch) => this.#holds(branch, value) !== false);
    return this.#disjunction((live.length > 0 ? live : branches).map((branch) => this.look(branch, value, spot)));
  }

  #lookIntoList(schema: JsonObject, list: JsonValue[], all: Findings[]): void {
    const { prefixItems, items, additionalItems } = schema;
    const places = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
    const more = Array.isArray(items) ? additionalItems : items;
    for (const [i, item] of list.entries()) all.push(this.look(i < places.length ? places[i] : more, item, { container: list, key: i }));
  }

  #lookIntoObject(schema: JsonObject, object: JsonObject, spot: Spot, all: Findings[]): void {
    const properties = isJsonObject(schema.properties) ? schema.properties : {};
    const patterns = Object.entries(isJsonObject(schema.patternProperties) ? schema.patternProperties : {});
    for (const [key, item] of Object.entries(object)) {
      const own = Object.hasOwn(properties, key) ? [properties[key]] : [];
      const matching = patterns.filter(([pattern]) => this.#step() && linear(pattern).test(key)).map(([, part]) => part);
      const parts = own.length + matching.length > 0 ? [...own, ...matching] : [schema.additionalProperties];
      for (const part of parts) all.push(this.look(part, item, { container: object, key }));
      for (const map of [schema.dependentSchemas, schema.dependencies])
        if (isJsonObject(map) && Object.hasOwn(map, key)) all.push(this.look(map[key], object, spot));
    }
  }

  /** Whether a value matches, if constants and types decide it; undefined if unknown, since a string may yet be converted. */
  #holds(schema: JsonValue | undefined, value: JsonValue): boolean | undefined {
    if (typeof schema === 'boolean') return schema;
    if (!isJsonObject(schema)) return undefined;
    this.#step();
    let certain = true;
    const note = (holds: boolean | undefined): boolean => {
      if (holds === undefined) certain = false;
      return holds === false;
    };
    for (const key of Object.keys(schema)) {
      const rule = schema[key] as JsonValue;
      if (key === 'type') {
        if (note(hasType(rule, value))) return false;
      } else if (key === 'const' || key === 'enum' || key === 'x-enum') {
        const values = key === 'const' ? [rule] : typeof rule === 'function' ? (rule as () => JsonValue[])() : (rule as JsonValue[]);
        if (note(isOneOf(values, value))) return false;
      } else if (key === 'required') {
        if (isJsonObject(value) && !(rule as string[]).every((name) => Object.hasOwn(value, name))) return false;
      } else if (key === 'properties' && isJsonObject(rule)) {
        if (isJsonObject(value))
          for (const name of Object.keys(rule))
            if (Object.hasOwn(value, name) && note(this.#holds(rule[name], value[name] as JsonValue))) return false;
      } else if (key === '$ref') {
        if (note(this.#holds(targetOf(this.#root, rule as string), value))) return false;
      } else if (key === 'allOf') {
        for (const part of listOf(rule)) if (note(this.#holds(part, value))) return false;
      } else if (key !== 'x-step') certain = false;
    }
    return certain ? true : undefined;
  }

  // All rules must accept a string.
  #conjunction(all: readonly Findings[]): Findings {
    const merged: Findings = new Map();
    for (const findings of all)
      for (const [container, verdicts] of findings) {
        const own = merged.get(container) ?? new Map<string | number, Verdict>();
        merged.set(container, own);
        for (const [key, types] of verdicts) if (this.#step()) own.set(key, own.has(key) ? both(own.get(key), types) : types);
      }
    return merged;
  }

  // One alternative that accepts a string, or has no rule for it, is enough.
  #disjunction(all: readonly Findings[]): Findings {
    const merged: Findings = new Map();
    const containers = new Set(all.flatMap((findings) => [...findings.keys()]));
    for (const container of containers) {
      const own = new Map<string | number, Verdict>();
      merged.set(container, own);
      for (const key of new Set(all.flatMap((findings) => [...(findings.get(container)?.keys() ?? [])]))) {
        for (const _ of all) this.#step();
        const verdicts = all.map((findings) => findings.get(container)?.get(key));
        own.set(
          key,
          verdicts.every((types) => types !== undefined) ? new Set(verdicts.flatMap((types) => [...(types as Set<string>)])) : undefined,
        );
      }
    }
    return merged;
  }

  #step(): true {
    if (--this.#left < 0) throw new TooMuch();
    return true;
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function verdictOf(type: JsonValue): Verdict {
  const types = [type].flat() as string[];
  return types.includes('string') ? undefined : new Set(types.filter((one) => CONVERTIBLE.has(one)));
}

function hasType(type: JsonValue, value: JsonValue): boolean | undefined {
  const types = [type].flat() as string[];
  if (types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(toDouble(value)))) return true;
  return typeof value === 'string' && types.some((one) => CONVERTIBLE.has(one)) ? undefined : false;
}

function isOneOf(values: readonly JsonValue[], value: JsonValue): boolean | undefined {
  const text = comparableText(value);
  if (values.some((one) => comparableText(one) === text)) return true;
  // The string may be the JSON of an allowed value.
  return typeof value === 'string' && values.some((one) => typeof one !== 'string') ? undefined : false;
}

function both(a: Verdict, b: Verdict): Verdict {
  if (!a || !b) return a ?? b;
  const shared = [...a].filter((type) => b.has(type) || (type === 'integer' && b.has('number')));
  return new Set([...shared, ...[...b].filter((type) => type === 'integer' && a.has('number'))]);
}
