import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';

const SPACE = 'kv:';
const MAX_BYTES = 1024 * 1024;

/** Handles requests to the tools' key-value stores. Expired entries are treated as absent. */
export function answerStore(keep: PluginStore, method: string, params: JsonObject, now: () => number = Date.now): JsonValue {
  // Scope and key are JSON-encoded, so they cannot run into each other and no character is lost.
  const scope = SPACE + JSON.stringify(String(params.scope));
  const key = scope + JSON.stringify(String(params.key));
  switch (method) {
    case 'kv.get':
      return read(keep, key, now());
    case 'kv.set': {
      const { value, ttl } = params;
      if (typeof value !== 'string' || value.length > MAX_BYTES) throw new Error('A store value must be a string of at most 1 MiB.');
      keep.set(key, JSON.stringify(typeof ttl === 'number' ? { value, until: now() + ttl * 1000 } : { value }));
      return null;
    }
    case 'kv.delete':
      keep.delete(key);
      return null;
    default:
      return [...keep.entries().keys()]
        .filter((name) => name.startsWith(scope) && read(keep, name, now()) !== null)
        .map((name) => JSON.parse(name.slice(scope.length)) as string)
        .filter((name) => name.startsWith(String(params.prefix ?? '')))
        .sort();
  }
}

function read(keep: PluginStore, key: string, now: number): string | null {
  const text = keep.get(key);
  if (text === undefined) return null;
  const entry: unknown = JSON.parse(text);
  if (!isJsonObject(entry) || typeof entry.value !== 'string') return null;
  if (typeof entry.until !== 'number' || entry.until > now) return entry.value;
  keep.delete(key);
  return null;
}
