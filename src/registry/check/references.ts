import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { children, targetOf } from '../schemas/subschemas.ts';
import type { Dialect } from './dialect.ts';

/** A subschema, its JSON pointer, and the base URI of its references. */
interface Node {
  readonly schema: JsonObject;
  readonly pointer: string;
  readonly base: string;
}

const ROOT = 'schema:///';
/** Keywords that older dialects ignore beside a reference. */
const CONSTRAINING = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength'],
  ...['pattern', 'items', 'additionalItems', 'maxItems', 'minItems', 'uniqueItems', 'contains', 'maxProperties', 'minProperties'],
  ...['required', 'properties', 'patternProperties', 'additionalProperties', 'dependencies', 'propertyNames', 'if', 'then', 'else'],
  ...['allOf', 'anyOf', 'oneOf', 'not'],
]);

/** Thrown for a schema with an invalid `$id`. */
export class BadId extends Error {}

/**
 * Rewrites every local reference of a schema as a pointer from its root, and removes `$id`s, which other schemas could
 * share. In place. Unresolvable references stay, rewritten so that they do not begin with "#".
 */
export function localise(root: JsonObject, dialect: Dialect | undefined): void {
  new Localiser(root, dialect).run();
}

class Localiser {
  readonly #root: JsonObject;
  readonly #dialect: Dialect | undefined;
  readonly #nodes: Node[] = [];
  readonly #pointers = new Map<JsonObject, string>();
  /** Schemas by `$id`, and by anchor. */
  readonly #resources = new Map<string, JsonObject>();
  readonly #anchors = new Map<string, JsonObject>();
  /** Number of dynamic anchors by name. */
  readonly #dynamic = new Map<string, number>();

  constructor(root: JsonObject, dialect: Dialect | undefined) {
    this.#root = root;
    this.#dialect = dialect;
  }

  run(): void {
    this.#resources.set(ROOT, this.#root);
    this.#collect(this.#root, '', ROOT);
    for (const node of this.#nodes) this.#rewrite(node);
    for (const { schema, pointer } of this.#nodes) {
      if (this.#dialect === 'draft-07' && schema.$ref !== undefined) dropBeside(schema, pointer === '');
      delete schema.$id;
      if (this.#dialect === undefined && typeof schema.id === 'string') delete schema.id;
    }
  }

  #collect(schema: JsonValue, pointer: string, base: string): void {
    if (!isJsonObject(schema)) return;
    const own = this.#nameOf(schema, pointer, base);
    this.#nodes.push({ schema, pointer, base: own });
    this.#pointers.set(schema, pointer);
    for (const key of ['$anchor', '$dynamicAnchor']) {
      const name = schema[key];
      if (typeof name !== 'string') continue;
      this.#anchors.set(`${own}#${name}`, schema);
      if (key === '$dynamicAnchor') this.#dynamic.set(name, (this.#dynamic.get(name) ?? 0) + 1);
    }
    if (schema.$recursiveAnchor === true) this.#dynamic.set('', (this.#dynamic.get('') ?? 0) + 1);
    for (const [child, path] of children(schema, '')) this.#collect(child, `${pointer}${path}`, own);
  }

  // Older dialects ignore keywords beside a reference, and an `$id` that begins with "#" is an anchor.
  #nameOf(schema: JsonObject, pointer: string, base: string): string {
    const id = schema.$id ?? (this.#dialect === undefined && typeof schema.id === 'string' ? schema.id : undefined);
    if (id === undefined) return base;
    if (typeof id !== 'string') throw new BadId(`#${pointer}/$id is not a string`);
    if (this.#dialect === 'draft-07' && schema.$ref !== undefined && pointer !== '') return base;
    if (id.startsWith('#')) {
      this.#anchors.set(`${base}${id}`, schema);
      return base;
    }
    const address = resolve(id, base)?.[0];
    if (address === undefined) return base;
    this.#resources.set(address, schema);
    return address;
  }

  #rewrite({ schema, base }: Node): void {
    if (typeof schema.$ref === 'string') schema.$ref = this.#local(schema.$ref, base);
    // Older dialects have no dynamic references.
    if (this.#dialect === 'draft-07') return;
    for (const [key, anchor] of [
      ['$dynamicRef', '$dynamicAnchor'],
      ['$recursiveRef', '$recursiveAnchor'],
    ] as const) {
      const ref = schema[key];
      if (typeof ref !== 'string' || schema.$ref !== undefined) continue;
      const local = this.#local(ref, base);
      const target = local.startsWith('#') ? targetOf(this.#root, local) : undefined;
      // A dynamic reference with a single possible target equals a plain one.
      const name = isJsonObject(target) ? target[anchor] : undefined;
      const others = name === undefined || name === false ? 0 : (this.#dynamic.get(name === true ? '' : String(name)) ?? 0) - 1;
      if (target === undefined || others > 0) continue;
      schema.$ref = local;
      delete schema[key];
    }
  }

  #local(ref: string, base: string): string {
    const resolved = resolve(ref, base);
    if (!resolved) return unresolvable(ref);
    const [address, fragment] = resolved;
    const resource = this.#resources.get(address);
    if (!resource) return unresolvable(ref);
    if (fragment !== '' && !fragment.startsWith('/')) {
      const target = this.#anchors.get(`${address}#${decoded(fragment)}`);
      return target ? `#${this.#pointers.get(target) ?? ''}` : unresolvable(ref);
    }
    const start = this.#pointers.get(resource) as string;
    const local = `#${start}${fragment}`;
    const target = targetOf(this.#root, local);
    if (target === undefined) return unresolvable(ref);
    if (!isJsonObject(target)) return typeof target === 'boolean' ? local : unresolvable(ref);
    return this.#pointers.has(target) ? `#${this.#pointers.get(target)}` : this.#adopt(target, address);
  }

  // A reference may point below an unknown keyword; the target is copied to `$defs`, where it is treated as a schema.
  #adopt(target: JsonObject, base: string): string {
    const defs = isJsonObject(this.#root.$defs) ? this.#root.$defs : {};
    this.#root.$defs = defs;
    let name = 'adopted';
    for (let i = 2; Object.hasOwn(defs, name); i++) name = `adopted_${i}`;
    const copy = structuredClone(target);
    defs[name] = copy;
    this.#pointers.set(target, `/$defs/${name}`);
    const before = this.#nodes.length;
    this.#collect(copy, `/$defs/${name}`, base);
    for (const node of this.#nodes.slice(before)) this.#rewrite(node);
    return `#/$defs/${name}`;
  }
}

function dropBeside(schema: JsonObject, isRoot: boolean): void {
  for (const key of Object.keys(schema)) if (CONSTRAINING.has(key) && !(isRoot && key === 'type')) delete schema[key];
}

function resolve(ref: string, base: string): readonly [address: string, fragment: string] | undefined {
  if (ref.startsWith('#')) return [base, ref.slice(1)];
  try {
    const url = new URL(ref, base);
    const fragment = url.hash.slice(1);
    url.hash = '';
    return [url.href, fragment];
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// An unresolvable reference must not become resolvable when the `$id`s are removed.
function unresolvable(ref: string): string {
  return ref.startsWith('#') ? `unknown:${ref}` : ref;
}
