import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileFault } from '../core/file-fault.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import { showName } from '../core/text/text.ts';
import { reservedKeys } from './checks.ts';
import { describeIssues } from './issues.ts';
import { serverMap } from './schema.ts';
import { MAX_TAKEN_IN } from './secrets/interpolate.ts';
import { SERVER_KEYS, type ServerKey } from './server-keys.ts';
import type { SourceText } from './source-text.ts';
import type { Unfilled } from './upstreams.ts';

/** The context in which the server entries of a file are read. */
export interface EntryContext {
  /** The file as written, references not filled in. */
  readonly written: JsonValue;
  readonly schema: () => object;
  readonly source: SourceText;
  readonly dir: string;
}

/** A configuration whose server entries all match the schema. */
export interface ServerEntries {
  readonly value: JsonValue;
  /** One warning for each skipped entry, and for each key that is null. */
  readonly warnings: readonly string[];
  /** The reason of each skipped entry, by id. An id with another valid entry is not included. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly unfilled: readonly Unfilled[];
  /** The environment files that were read. */
  readonly files: readonly string[];
}

const ADDRESSES = ['command', 'url', 'httpUrl', 'serverUrl'];

/**
 * Normalizes server entries for the schema: numbers become texts, `null` members are removed, and `envFile` is read into `env`.
 * An invalid entry is skipped with a warning, since the file may belong to another client.
 */
export function takeServers(value: JsonValue, around: EntryContext): ServerEntries {
  if (!isJsonObject(value)) return { value, warnings: [], leftOut: new Map(), unfilled: [], files: [] };
  const warnings: string[] = [];
  const leftOut = new Map<string, string>();
  const unfilled: Unfilled[] = [];
  const files: string[] = [];
  const taken: JsonObject = { ...value };
  const ids = new Set<string>();
  for (const key of SERVER_KEYS) {
    const entries = value[key];
    if (entries === null) {
      warnings.push(`${around.source.at([key], 'key')}: ${key} is null and is ignored.`);
      delete taken[key];
    }
    if (!isJsonObject(entries)) continue;
    const kept: [string, JsonValue][] = [];
    for (const [id, written] of Object.entries(entries)) {
      const entry = isJsonObject(written) ? withEnvFile(plain(written, [key, id], around), [key, id], around, unfilled, files) : written;
      const fault = ids.has(id) ? duplicate(key, id, around) : faultOf(key, id, entry, around);
      if (fault === undefined) kept.push([id, entry]);
      else {
        warnings.push(`${fault} The server is skipped.`);
        if (!ids.has(id)) leftOut.set(id, fault);
      }
      ids.add(id);
    }
    taken[key] = Object.fromEntries(kept);
  }
  return { value: taken, warnings, leftOut, unfilled, files };
}

function faultOf(key: ServerKey, id: string, entry: JsonValue, { written, schema, source }: EntryContext): string | undefined {
  const only: JsonObject = { [key]: Object.fromEntries([[id, entry]]) };
  const [reserved] = reservedKeys(only, source);
  if (reserved !== undefined) return reserved;
  const parsed = serverMap.safeParse(only[key]);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [key, ...issue.path] }));
    return describeIssues(issues, { value: only, written, schema: schema(), source }).join(' ');
  }
  if (ADDRESSES.some((name) => (entry as JsonObject)[name] !== undefined)) return undefined;
  const at = source.at([key, id], 'key');
  return `${at}: the server "${showName(id)}" has neither a program ("command") nor an address ("url").`;
}

function duplicate(key: ServerKey, id: string, { source }: EntryContext): string {
  return `${source.at([key, id], 'key')}: the server "${showName(id)}" is also listed under "${SERVER_KEYS[0]}".`;
}

// Programs get texts, so numbers and booleans are passed exactly as written in the file.
function plain(entry: JsonObject, path: readonly (string | number)[], { source }: EntryContext): JsonObject {
  const toText = (value: JsonValue, ...at: (string | number)[]): JsonValue =>
    typeof value === 'number' ? source.textAt([...path, ...at]) : typeof value === 'boolean' ? String(value) : value;
  const present = Object.entries(entry).filter(([, value]) => value !== null);
  return Object.fromEntries(
    present.map(([key, value]) => {
      if ((key === 'args' || key === 'command') && Array.isArray(value)) return [key, value.map((item, i) => toText(item, key, i))];
      if (key !== 'env' || !isJsonObject(value)) return [key, value];
      return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toText(item, key, name)]))];
    }),
  );
}

// Variables in `env` override those of `envFile`.
function withEnvFile(
  entry: JsonObject,
  path: readonly string[],
  { source, dir }: EntryContext,
  unfilled: Unfilled[],
  files: string[],
): JsonObject {
  const { env, envFile } = entry;
  const at = [...path, 'envFile'];
  if (typeof envFile !== 'string' || envFile === '') return entry;
  const file = resolve(dir, envFile.replace(/^~(?=[/\\]|$)/, homedir()));
  files.push(file);
  try {
    if (statSync(file).size > MAX_TAKEN_IN) throw new Error('it is larger than 64 KB');
    // Loaded here: importing all of node:util takes time that few starts need.
    const { parseEnv } = createRequire(import.meta.url)('node:util') as typeof import('node:util');
    const fromFile = parseEnv(readFileSync(file, 'utf8').replace(/^\ufeff/, '')) as JsonObject;
    return env === undefined || isJsonObject(env) ? { ...entry, env: { ...fromFile, ...env } } : entry;
  } catch (error) {
    unfilled.push({
      path: at,
      text: `${source.at(at)}: the file ${envFile} cannot be read: ${fileFault(error)}. Create it or correct the path.`,
    });
    return entry;
  }
}
