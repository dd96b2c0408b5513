import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
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

/** What the entries of a file are read with. */
export interface EntryContext {
  /** The file as it stands, references not filled in. */
  readonly written: JsonValue;
  readonly schema: () => object;
  readonly source: SourceText;
  readonly dir: string;
}

/** A configuration whose server entries all fit the schema. */
export interface ServerEntries {
  readonly value: JsonValue;
  /** One for each entry that was left out, and for each key that is null. */
  readonly warnings: readonly string[];
  /** Why, by id. An id that also stands elsewhere is not left out. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly unfilled: readonly Unfilled[];
  /** The environment files that were read. */
  readonly files: readonly string[];
}

const ADDRESSES = ['command', 'url', 'httpUrl', 'serverUrl'];

/**
 * The configuration with its server entries as the schema takes them: numbers are texts, `null` is absent, and the content of
 * `envFile` stands in `env`. An entry that cannot be used costs itself alone, since the file may be another client's.
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
      warnings.push(`${around.source.at([key], 'key')}: ${key} is null and counts as absent.`);
      delete taken[key];
    }
    if (!isJsonObject(entries)) continue;
    const kept: [string, JsonValue][] = [];
    for (const [id, written] of Object.entries(entries)) {
      const entry = isJsonObject(written) ? withFile(plain(written, [key, id], around), [key, id], around, unfilled, files) : written;
      const fault = ids.has(id) ? twice(key, id, around) : faultOf(key, id, entry, around);
      if (fault === undefined) kept.push([id, entry]);
      else {
        warnings.push(`${fault} The server is left out.`);
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
  return `${at}: the server "${showName(id)}" names neither a program ("command") nor an address ("url").`;
}

function twice(key: ServerKey, id: string, { source }: EntryContext): string {
  return `${source.at([key, id], 'key')}: the server "${showName(id)}" stands under "${SERVER_KEYS[0]}" as well.`;
}

// Numbers and booleans are what the file writes, digit by digit: a program gets texts.
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

// What an entry's own `env` says wins over its file.
function withFile(
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
