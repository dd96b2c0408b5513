import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { children, mapSubschemas, STORED_MAP, targetOf } from './subschemas.ts';
import { isSpoken } from './types.ts';

/** Called for each part that a form of a schema leaves out: where, and what. */
export type Report = (at: string, what: string) => void;

/** Characters that inlining may add to a schema; above that all references stay. */
const MAX_ADDED = 64 * 1024;
/** References that are searched for loops; above that all are treated as recursive. */
const MAX_REFERENCES = 200;

/**
 * Inlines the references of a schema, except recursive ones and those that would make it far longer: these point to
 * `$defs`, without keywords beside them. Unused definitions are dropped.
 */
export function inline(root: JsonObject, report: Report): JsonObject {
  if (!hasReference(root)) return withoutStored(root);
  try {
    return new Inliner(root, report, keptReferences(root), MAX_ADDED).run();
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    return new Inliner(root, report, undefined, 0).run();
  }
}

class TooLong extends Error {}

class Inliner {
  readonly #root: JsonObject;
  readonly #report: Report;
  /** References that are kept; undefined: all. */
  readonly #kept: ReadonlySet<string> | undefined;
  /** Names in `$defs` by target, because one target can be written in many ways. */
  readonly #names = new Map<JsonValue, string>();
  readonly #defs = new Map<string, JsonValue>();
  #room: number;

  constructor(root: JsonObject, report: Report, kept: ReadonlySet<string> | undefined, room: number) {
    this.#root = root;
    this.#report = report;
    this.#kept = kept;
    this.#room = room;
  }

  run(): JsonObject {
    const plain = this.#expand(this.#root, '') as JsonObject;
    return this.#defs.size === 0 ? plain : { ...plain, $defs: Object.fromEntries(this.#defs) };
  }

  #expand(schema: JsonValue, at: string): JsonValue {
    if (!isJsonObject(schema)) return schema;
    const { $ref: ref, ...rest } = withoutStored(schema);
    const own = mapSubschemas(rest, at, (item, where) => this.#expand(item, where));
    if (typeof ref !== 'string') return own;
    const target = targetOf(this.#root, ref) as JsonValue;
    if (!this.#kept || this.#kept.has(ref)) return this.#keep(ref, target, own, at);
    this.#room -= JSON.stringify(target).length;
    if (this.#room < 0) throw new TooLong();
    const expanded = this.#expand(target, at);
    if (!isJsonObject(expanded)) return expanded === false ? false : own;
    return Object.keys(own).every(isSpoken) ? { ...expanded, ...own } : { ...own, allOf: [expanded, ...listOf(own.allOf)] };
  }

  #keep(ref: string, target: JsonValue, own: JsonObject, at: string): JsonValue {
    let name = this.#names.get(target);
    if (name === undefined) {
      const wanted = (ref.split('/').at(-1) as string).replace(/[^A-Za-z0-9_.-]/g, '') || 'root';
      name = wanted;
      for (let i = 2; this.#defs.has(name); i++) name = `${wanted}_${i}`;
      this.#defs.set(name, true);
      this.#names.set(target, name);
      this.#defs.set(name, this.#expand(target, at));
    }
    const pointer = { $ref: `#/$defs/${name}` };
    // The root of a tool's schema is an object, never a reference.
    if (at === '') return { ...own, allOf: [...(Array.isArray(own.allOf) ? own.allOf : []), pointer] };
    const { description, ...siblings } = own;
    const lost = Object.keys(siblings);
    if (lost.length > 0) this.#report(at, `${lost.join(', ')} beside a recursive reference`);
    return description === undefined ? pointer : { description, anyOf: [pointer] };
  }
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function withoutStored(schema: JsonObject): JsonObject {
  if (!STORED_MAP.some((key) => key in schema)) return schema;
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !STORED_MAP.includes(key)));
}

function hasReference(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false;
  if (typeof schema.$ref === 'string') return true;
  for (const [child] of children(schema, '')) if (hasReference(child)) return true;
  return false;
}

function referencesIn(schema: JsonValue, found = new Set<string>()): Set<string> {
  if (!isJsonObject(schema)) return found;
  if (typeof schema.$ref === 'string') found.add(schema.$ref);
  for (const [child] of children(withoutStored(schema), '')) referencesIn(child, found);
  return found;
}

// The recursive references; undefined (all) if there are too many to follow.
function keptReferences(root: JsonObject): Set<string> | undefined {
  const next = new Map<JsonValue, Set<string>>();
  const follow = (ref: string): Set<string> => {
    const target = targetOf(root, ref) as JsonValue;
    let found = next.get(target);
    if (!found) {
      found = referencesIn(target);
      next.set(target, found);
    }
    return found;
  };
  const all = reachable(referencesIn(root), follow);
  if (all.size > MAX_REFERENCES) return undefined;
  return new Set([...all].filter((ref) => reachable(follow(ref), follow).has(ref)));
}

function reachable(from: ReadonlySet<string>, follow: (ref: string) => Set<string>): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...follow(at));
  }
  return seen;
}
