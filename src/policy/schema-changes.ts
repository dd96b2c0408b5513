import { canonicalJson } from '../core/json/canonical.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import { shorten } from '../core/text/text.ts';

/** One difference between two definitions: where, and what. */
export interface SchemaChange {
  readonly path: string;
  readonly what: string;
}

const MAX_CHANGES = 500;
const SHOWN = 200;
/** Keywords whose members are schemas by name. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Compares two definitions by property. The end of a path names a keyword only if that is not a property. */
export function compareSchemas(before: JsonObject, after: JsonObject): SchemaChange[] {
  const changes: SchemaChange[] = [];
  const add = (path: string, what: string): void => {
    if (changes.length < MAX_CHANGES) changes.push({ path: path === '' ? '(root)' : path, what });
    else if (changes.length === MAX_CHANGES) changes.push({ path: '…', what: 'more differences are not shown' });
  };

  const compare = (old: JsonValue | undefined, now: JsonValue | undefined, path: string): void => {
    if (old === undefined || now === undefined) return add(path, now === undefined ? `removed, was ${show(old)}` : `added: ${show(now)}`);
    if (isJsonObject(old) && isJsonObject(now)) return compareObjects(old, now, path);
    if (canonicalJson(old) !== canonicalJson(now)) add(path, `${show(old)} → ${show(now)}`);
  };

  const compareObjects = (old: JsonObject, now: JsonObject, path: string): void => {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      const [was, is] = [own(old, key), own(now, key)];
      if (NAMED.has(key) && isJsonObject(was ?? {}) && isJsonObject(is ?? {})) {
        compareObjects((was ?? {}) as JsonObject, (is ?? {}) as JsonObject, path);
      } else if ((key === 'required' || key === 'enum' || key === 'type') && (Array.isArray(was) || Array.isArray(is))) {
        compareLists(listOf(was), listOf(is), path, key);
      } else if (Array.isArray(was) && Array.isArray(is)) {
        for (let at = 0; at < Math.max(was.length, is.length); at++) compare(was[at], is[at], join(path, `${key}[${at}]`));
      } else compare(was, is, join(path, key));
    }
    // The order of keys is part of what a model sees.
    if (changes.length === 0 && path === '' && toJsonText(old) !== toJsonText(now)) add('', 'the same members in another order');
  };

  const compareLists = (old: readonly JsonValue[], now: readonly JsonValue[], path: string, key: string): void => {
    const [was, is] = [new Set(old.map(canonicalJson)), new Set(now.map(canonicalJson))];
    const added = [...is].filter((item) => !was.has(item));
    const removed = [...was].filter((item) => !is.has(item));
    if (key === 'required') {
      for (const item of added) add(join(path, nameOf(item)), 'now required');
      for (const item of removed) add(join(path, nameOf(item)), 'no longer required');
    } else if (added.length + removed.length > 0) {
      const parts = [...added.map((item) => `+ ${item}`), ...removed.map((item) => `− ${item}`)];
      add(join(path, key), shorten(parts.join(', '), SHOWN));
    }
  };

  compareObjects(before, after, '');
  return changes;
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function nameOf(text: string): string {
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? value : text;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function show(value: JsonValue | undefined): string {
  return shorten(toJsonText(value ?? null), SHOWN);
}
