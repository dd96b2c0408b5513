import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { IN_PLACE_ONE, INSIDE_ONE, targetOf } from '../schemas/subschemas.ts';

/** A piece of a large schema, compiled separately when a value first needs it. */
export interface Unit {
  readonly schema: JsonObject;
  readonly size: number;
}

/** Makes a unit callable; returns the same part for the same unit. */
export type ToPart<T> = (unit: Unit) => T;

/** The most subschemas in one unit. */
const MAX_ENTRIES = 24;
/** Longer lists and maps are checked in a loop instead of in generated code. */
const LONG = 12;
const ONE = [...IN_PLACE_ONE, ...INSIDE_ONE, 'items'];

/** Splits a prepared schema into units of about the same size; returns the root unit. */
export function split<T>(root: JsonObject, toPart: ToPart<T>): Unit {
  return new Splitter(root, toPart).unitOf(root);
}

class Splitter<T> {
  readonly #root: JsonObject;
  readonly #toPart: ToPart<T>;
  readonly #units = new Map<JsonValue, Unit>();
  readonly #sizes = new Map<JsonValue, number>();

  constructor(root: JsonObject, toPart: ToPart<T>) {
    this.#root = root;
    this.#toPart = toPart;
  }

  unitOf(schema: JsonValue): Unit {
    const known = this.#units.get(schema);
    if (known) return known;
    // Splits lazily, when the unit is compiled.
    const splitter = this;
    let made: JsonObject | undefined;
    const unit: Unit = {
      get schema() {
        made ??= splitter.#cut(schema, { left: MAX_ENTRIES });
        return made;
      },
      size: Math.min(this.#sizeOf(schema), MAX_ENTRIES),
    };
    this.#units.set(schema, unit);
    return unit;
  }

  #cut(schema: JsonValue, room: { left: number }): JsonObject {
    if (!isJsonObject(schema)) return schema === false ? { not: {} } : {};
    const cut = new Map<string, unknown>();
    for (const [key, value] of Object.entries(schema)) {
      if (key === '$defs') continue;
      if (key === '$ref') cut.set('x-part', this.#part(targetOf(this.#root, value as string) as JsonValue));
      else if (ONE.includes(key) && !Array.isArray(value)) cut.set(key, this.#inline(value, room));
      else if (LISTS.has(key) && Array.isArray(value)) this.#cutList(key, value, room, cut);
      else if (MAPS.has(key) && isJsonObject(value)) this.#cutMap(key, value, room, cut);
      else cut.set(key, value);
    }
    return Object.fromEntries(cut) as JsonObject;
  }

  #cutList(key: string, list: JsonValue[], room: { left: number }, cut: Map<string, unknown>): void {
    const isTuple = key === 'prefixItems' || key === 'items';
    if (list.length <= LONG)
      return void cut.set(
        key,
        list.map((item) => this.#inline(item, room)),
      );
    cut.set(`x-${isTuple ? 'prefixItems' : key}`, this.#parts(list));
    // Ajv's own keyword checks the items after the tuple.
    if (isTuple)
      cut.set(
        key,
        list.map(() => true),
      );
  }

  #cutMap(key: string, map: JsonObject, room: { left: number }, cut: Map<string, unknown>): void {
    const entries = Object.entries(map);
    const schemas = entries.filter(([, item]) => !Array.isArray(item));
    if (schemas.length <= LONG) {
      cut.set(key, Object.fromEntries(entries.map(([name, item]) => [name, Array.isArray(item) ? item : this.#inline(item, room)])));
      return;
    }
    cut.set(
      key === 'dependencies' ? 'x-dependentSchemas' : `x-${key}`,
      () => new Map(schemas.map(([name, item]) => [name, this.#toPart(this.unitOf(item))])),
    );
    const names = entries.filter(([, item]) => Array.isArray(item));
    // Keeps the names, because Ajv needs them for `additionalProperties`.
    if (key === 'dependencies') cut.set(key, Object.fromEntries(names));
    else if (key !== 'dependentSchemas') cut.set(key, Object.fromEntries(schemas.map(([name]) => [name, true])));
  }

  #inline(schema: JsonValue, room: { left: number }): JsonValue {
    if (!isJsonObject(schema)) return schema;
    const size = this.#sizeOf(schema);
    if (size > room.left) return { 'x-part': this.#part(schema) } as never;
    room.left -= size;
    return this.#cut(schema, room);
  }

  #part(schema: JsonValue): () => T {
    return () => this.#toPart(this.unitOf(this.#end(schema)));
  }

  /** Where a chain of references ends. */
  #end(schema: JsonValue): JsonValue {
    let end = schema;
    while (isJsonObject(end) && typeof end.$ref === 'string' && Object.keys(end).every((key) => key === '$ref' || key === 'x-step'))
      end = targetOf(this.#root, end.$ref) as JsonValue;
    return end;
  }

  #parts(list: JsonValue[]): () => T[] {
    return () => list.map((item) => this.#toPart(this.unitOf(item)));
  }

  #sizeOf(schema: JsonValue): number {
    if (!isJsonObject(schema)) return 1;
    const known = this.#sizes.get(schema);
    if (known !== undefined) return known;
    let size = 1;
    for (const [key, value] of Object.entries(schema)) {
      if (ONE.includes(key) && !Array.isArray(value)) size += this.#sizeOf(value);
      else if (LISTS.has(key) && Array.isArray(value)) for (const item of value) size += this.#sizeOf(item);
      else if (MAPS.has(key) && isJsonObject(value))
        for (const item of Object.values(value)) size += Array.isArray(item) ? 1 : this.#sizeOf(item);
    }
    this.#sizes.set(schema, size);
    return size;
  }
}

const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']);
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', 'dependencies']);
