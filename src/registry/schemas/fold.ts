import { ExactNumber, toJsonText } from '../../core/json/exact-number.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shorten } from '../../core/text/text.ts';
import { conjoin } from './conjoin.ts';
import type { Report } from './inline.ts';
import { ANYTHING, saysNothing, typeOf } from './types.ts';

const MAX_LEVELS = 16;
const MAX_NOTE_LENGTH = 300;

/**
 * The root of a tool's schema as one plain object: combinations and conditions become properties; rules that properties
 * cannot express become sentences of the description.
 */
export function foldRoot(root: JsonObject, report: Report): JsonObject {
  const fold = new Fold(isJsonObject(root.$defs) ? root.$defs : {}, report);
  const { description, ...folded } = fold.flatten(root, 0);
  const text = [typeof description === 'string' ? description : '', ...fold.notes].filter((part) => part !== '').join('\n');
  const { properties, ...rest } = folded;
  return {
    ...rest,
    type: 'object',
    ...(text === '' ? {} : { description: text }),
    properties: asObject(properties),
  };
}

class Fold {
  readonly notes: string[] = [];
  readonly #defs: JsonObject;
  readonly #report: Report;

  constructor(defs: JsonObject, report: Report) {
    this.#defs = defs;
    this.#report = report;
  }

  flatten(schema: JsonObject, depth: number): JsonObject {
    const { $ref, allOf, anyOf, oneOf, not, enum: values, const: only, if: condition, then, else: otherwise, ...rest } = schema;
    const { dependentSchemas, dependencies, unevaluatedProperties, ...plain } = rest;
    const isAlone = [$ref, allOf, anyOf, oneOf, condition, dependentSchemas].every((part) => part === undefined);
    let result: JsonObject = isAlone && unevaluatedProperties !== undefined ? { ...plain, unevaluatedProperties } : plain;
    if (!isAlone && unevaluatedProperties !== undefined) this.#report('', '"unevaluatedProperties"');
    if (depth > MAX_LEVELS) return result;
    if (typeof $ref === 'string') result = this.#conjoin(result, this.#branch({ $ref }, depth));
    for (const branch of listed(allOf)) result = this.#conjoin(result, this.#branch(branch, depth));
    for (const [branches, quantity] of [
      [listed(oneOf), 'exactly one of'],
      [listed(anyOf), 'at least one of'],
    ] as const) {
      if (branches.length > 0) result = this.#addAlternatives(result, branches, quantity, depth);
    }
    const conditional = [then, otherwise, ...valuesOf(dependentSchemas), ...valuesOf(dependencies)].filter(isJsonObject);
    if (condition !== undefined || conditional.length > 0)
      this.#note('Further rules apply to some combinations of arguments.', 'conditions');
    if (conditional.length > 0)
      result = addOptional(
        result,
        conditional.map((branch) => this.#branch(branch, depth)),
      );
    if (not !== undefined) this.#note(`Not allowed: ${show(not)}.`, '"not"');
    const allowed = values ?? (only === undefined ? undefined : [only]);
    if (allowed !== undefined) this.#note(`Allowed as a whole: ${show(allowed)}.`, '"enum"');
    return result;
  }

  #branch(schema: JsonValue, depth: number): JsonObject {
    if (!isJsonObject(schema)) return {};
    const name = typeof schema.$ref === 'string' ? schema.$ref.slice('#/$defs/'.length) : undefined;
    const target = name !== undefined && Object.hasOwn(this.#defs, name) ? this.#defs[name] : schema;
    return isJsonObject(target) ? this.flatten(target, depth + 1) : {};
  }

  #conjoin(a: JsonObject, b: JsonObject): JsonObject {
    const { type: _, ...rest } = b;
    return conjoin(a, rest, (keyword) => this.#report('', `only one of two "${keyword}" rules is kept`));
  }

  #addAlternatives(base: JsonObject, alternatives: readonly JsonValue[], quantity: string, depth: number): JsonObject {
    const branches = alternatives.map((branch) => this.#branch(branch, depth));
    const properties = new Map<string, JsonValue>(Object.entries(propertiesOf(base)));
    for (const name of new Set(branches.flatMap((branch) => Object.keys(propertiesOf(branch))))) {
      const own = properties.get(name);
      const variants = branches.flatMap((branch) => {
        const schema = Object.hasOwn(propertiesOf(branch), name) ? propertiesOf(branch)[name] : undefined;
        return schema === undefined || schema === false ? [] : [schema];
      });
      // A branch without this property does not change the root's schema for it.
      if (variants.length === 0 || (own !== undefined && variants.length < branches.length)) continue;
      const isOpen = branches.some((branch) => !Object.hasOwn(propertiesOf(branch), name) && branch.additionalProperties !== false);
      const united = unite(isJsonObject(own) ? variants.map((v) => (isJsonObject(v) ? this.#conjoin(own, v) : own)) : variants);
      properties.set(name, isOpen && base.additionalProperties !== false ? orAnything(united) : united);
    }
    const required = requiredOf(base);
    const shared = branches.map(requiredOf).reduce((a, b) => inBoth(a, new Set(b)));
    const known = new Set(required);
    const sets = branches.map((branch) => describeBranch(branch, known));
    if (new Set(sets).size > 1)
      this.#note(`The arguments must fit ${quantity}: ${sets.map((set) => `(${set})`).join(', ')}.`, 'alternatives');
    const areClosed = branches.every((branch) => branch.additionalProperties === false && branch.patternProperties === undefined);
    const closed = base.additionalProperties ?? (areClosed ? false : undefined);
    const all = [...new Set([...required, ...shared])];
    return {
      ...base,
      properties: Object.fromEntries(properties),
      ...(all.length === 0 ? {} : { required: all }),
      ...(closed === undefined ? {} : { additionalProperties: closed }),
    };
  }

  #note(text: string, what: string): void {
    this.notes.push(shorten(text, MAX_NOTE_LENGTH));
    this.#report('', `${what} at the root, only described in text`);
  }
}

/** One schema for a value that fits any of several; a single enum if each of them lists values of one type. */
function unite(variants: readonly JsonValue[]): JsonValue {
  const different = [...new Map(variants.map((variant) => [toJsonText(variant), variant])).values()];
  if (different.length === 1 || !different.every(isJsonObject)) return different.find((v) => v === true) ?? (different[0] as JsonValue);
  const values = different.map((variant) =>
    Array.isArray(variant.enum) ? variant.enum : 'const' in variant ? [variant.const] : undefined,
  );
  if (!values.every((list) => list !== undefined)) return { anyOf: different };
  const all = [...new Set(values.flat())] as JsonValue[];
  if (!all.every((value) => typeOf(value) === typeOf(all[0] as JsonValue) && (typeof value !== 'object' || value instanceof ExactNumber)))
    return { anyOf: different };
  const { const: _, enum: __, ...first } = different[0] as JsonObject;
  return { ...first, enum: all };
}

function addOptional(base: JsonObject, branches: readonly JsonObject[]): JsonObject {
  const all = new Map(Object.entries(propertiesOf(base)));
  for (const branch of branches) {
    for (const [name, schema] of Object.entries(propertiesOf(branch)))
      if (!all.has(name) && schema !== false) all.set(name, base.additionalProperties === false ? schema : orAnything(schema));
  }
  return { ...base, properties: Object.fromEntries(all) };
}

// If another alternative is chosen, the property may have any value.
function orAnything(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema) || saysNothing(schema)) return schema;
  const others = Object.keys(schema).every((key) => key === 'type' || key === 'description')
    ? ANYTHING.filter(({ type }) => type !== schema.type)
    : ANYTHING;
  const { description, ...rest } = schema;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, ...others] };
}

function inBoth(names: readonly string[], others: ReadonlySet<string>): string[] {
  return names.filter((name) => others.has(name));
}

function describeBranch(branch: JsonObject, known: ReadonlySet<string>): string {
  const fixed = Object.entries(propertiesOf(branch)).flatMap(([name, schema]) =>
    isJsonObject(schema) && 'const' in schema ? [[name, `${name} = ${show(schema.const as JsonValue)}`] as const] : [],
  );
  const named = new Set(fixed.map(([name]) => name));
  const needed = requiredOf(branch).filter((name) => !known.has(name) && !named.has(name));
  const parts = [...fixed.map(([, text]) => text), ...needed];
  return parts.length > 0 ? parts.join(', ') : Object.keys(propertiesOf(branch)).join(', ') || 'anything';
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return asObject(properties);
}

function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? (required as string[]) : [];
}

function listed(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(value: JsonValue | undefined): JsonValue[] {
  return isJsonObject(value) ? Object.values(value) : [];
}

function show(value: JsonValue): string {
  return shorten(toJsonText(value), 120);
}
