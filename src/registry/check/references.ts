import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { children, targetOf } from '../schemas/subschemas.ts';
import type { Dialect } from './dialect.ts';

/** A subschema, where it stands, and the address that its references are relative to. */
interface Node {
  readonly schema: JsonObject;
  readonly pointer: string;
  readonly base: string;
}

const ROOT = 'schema:///';
/** What older dialects do not read beside a reference. */
const CONSTRAINING = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength', 'minLength'],
  ...['pattern', 'items', 'additionalItems', 'maxItems', 'minItems', 'uniqueItems', 'contains', 'maxProperties', 'minProperties'],
  ...['required', 'properties', 'patternProperties', 'additionalProperties', 'dependencies', 'propertyNames', 'if', 'then', 'else'],
  ...['allOf', 'anyOf', 'oneOf', 'not'],
]);

/** Thrown for a schema whose names of itself are none. */
export class BadId extends Error {}

/**
 * Makes every reference of a schema that stays inside it a pointer from its root, and takes the names away that other
 * schemas could share. In place. References that lead nowhere stay, as ones that begin with no "#".
 */
export function localise(root: JsonObject, dialect: Dialect | undefined): void {
  new Localiser(root, dialect).run();
}

class Localiser {
  readonly #root: JsonObject;
  readonly #dialect: Dialect | undefined;
  readonly #nodes: Node[] = [];
  readonly #pointers = new Map<JsonObject, string>();
  /** By their addresses: the schemas with a name, and those with an anchor. */
  readonly #resources = new Map<string, JsonObject>();
  readonly #anchors = new Map<string, JsonObject>();
  /** How often a name stands for a dynamic anchor. */
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

  // In older dialects nothing beside a reference counts, and a name that begins with "#" is an anchor.
  #nameOf(schema: JsonObject, pointer: string, base: string): string {
    const id = schema.$id ?? (this.#dialect === undefined && typeof schema.id === 'string' ? schema.id : undefined);
    if (id === undefined) return base;
    if (typeof id !== 'string') throw new BadId(`#${pointer}/$id is no text`);
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
    // Older dialects know no dynamic references.
    if (this.#dialect === 'draft-07') return;
    for (const [key, anchor] of [
      ['$dynamicRef', '$dynamicAnchor'],
      ['$recursiveRef', '$recursiveAnchor'],
    ] as const) {
      const ref = schema[key];
      if (typeof ref !== 'string' || schema.$ref !== undefined) continue;
      const local = this.#local(ref, base);
      const target = local.startsWith('#') ? targetOf(this.#root, local) : undefined;
      // With one place to lead to, whatever the way, a dynamic reference is a plain one.
      const name = isJsonObject(target) ? target[anchor] : undefined;
      const others = name === undefined || name === false ? 0 : (this.#dynamic.get(name === true ? '' : String(name)) ?? 0) - 1;
      if (target === undefined || others > 0) continue;
      schema.$ref = local;
      delete schema[key];
    }
  }

  #local(ref: string, base: string): string {
    const resolved = resolve(ref, base);
    if (!resolved) return away(ref);
    const [address, fragment] = resolved;
    const resource = this.#resources.get(address);
    if (!resource) return away(ref);
    if (fragment !== '' && !fragment.startsWith('/')) {
      const target = this.#anchors.get(`${address}#${decoded(fragment)}`);
      return target ? `#${this.#pointers.get(target) ?? ''}` : away(ref);
    }
    const start = this.#pointers.get(resource) as string;
    const local = `#${start}${fragment}`;
    const target = targetOf(this.#root, local);
    if (target === undefined) return away(ref);
    if (!isJsonObject(target)) return typeof target === 'boolean' ? local : away(ref);
    return this.#pointers.has(target) ? `#${this.#pointers.get(target)}` : this.#adopt(target, address);
  }

  // What stands below an unknown keyword is a schema only because a reference says so.
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

// A reference that leads nowhere must not lead somewhere once the names are gone.
function away(ref: string): string {
  return ref.startsWith('#') ? `unknown:${ref}` : ref;
}
