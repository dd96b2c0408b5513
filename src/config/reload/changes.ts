import { canonicalJson } from '../../core/json/canonical.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';
import type { Config } from '../config.ts';
import { reloadMark } from './reload-marks.ts';

/** Maximum number of names in one message: a rewritten file may differ in every key. */
const MAX_NAMES = 40;

/** The keys that a new configuration changes. Values may be secrets and are never included. */
export interface Changes {
  readonly all: readonly string[];
  /** The keys that take effect only after a restart. */
  readonly late: readonly string[];
}

/** Compares two configurations with their references filled in, so a changed secret file counts. */
export function changesOf(before: Config, after: Config): Changes {
  const all: string[][] = [];
  compare(before.values, after.values, [], all);
  const late = all.filter((path) => reloadMark(path) === 'restart');
  return { all: all.map(nameOf), late: late.map(nameOf) };
}

/** Joins key names for a message. */
export function listKeys(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

function compare(before: JsonValue | undefined, after: JsonValue | undefined, path: string[], found: string[][]): void {
  if (hasKeys(before) && hasKeys(after)) {
    const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    for (const key of keys) compare(own(before, key), own(after, key), [...path, key], found);
    // An object without keys was added or removed.
    if (keys.size === 0 && before !== after && (before === undefined || after === undefined)) found.push(path);
  } else if (before === undefined || after === undefined || canonicalJson(before) !== canonicalJson(after)) found.push(path);
}

function hasKeys(value: JsonValue | undefined): value is JsonObject | undefined {
  return value === undefined || isJsonObject(value);
}

function own(object: JsonObject | undefined, key: string): JsonValue | undefined {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

// Names of plugins, tools and settings are untrusted text.
function nameOf(path: readonly string[]): string {
  return path.map((key) => (/^[\w$-]+$/.test(key) ? key : showName(key))).join('.');
}
