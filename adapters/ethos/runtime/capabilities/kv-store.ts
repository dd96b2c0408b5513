import type { JsonObject, JsonValue } from '../../../../src/core/json/json.ts';

/** Sends a request to the gateway's store. */
export type AskStore = (method: string, params: JsonObject) => Promise<JsonValue>;

interface Entry {
  readonly value: string;
  readonly until: number | undefined;
}

const MAX_SESSIONS = 1_000;

/** The key-value stores of tools. `session` stores live in the process, the others in the gateway. */
export class KvStores {
  readonly #ask: AskStore;
  readonly #sessions = new Map<string, Map<string, Entry>>();

  constructor(ask: AskStore) {
    this.#ask = ask;
  }

  /** The store of one scope, such as `tool:search`. */
  open(scope: string, ttlDefault: number | undefined): object {
    return scope.startsWith('session:') ? this.#openSession(scope, ttlDefault) : this.#openKept(scope, ttlDefault);
  }

  #openKept(scope: string, ttlDefault: number | undefined): object {
    const ask = this.#ask;
    return {
      get: (key: unknown) => ask('kv.get', { scope, key: toKey(key) }),
      async set(key: unknown, value: unknown, options?: { ttlSeconds?: number }) {
        const ttl = options?.ttlSeconds ?? ttlDefault;
        await ask('kv.set', { scope, key: toKey(key), value: toValue(value), ...(ttl === undefined ? {} : { ttl }) });
      },
      async delete(key: unknown) {
        await ask('kv.delete', { scope, key: toKey(key) });
      },
      list: (prefix: unknown = '') => ask('kv.list', { scope, prefix: String(prefix) }),
    };
  }

  #openSession(scope: string, ttlDefault: number | undefined): object {
    const entries = this.#sessions.get(scope) ?? new Map<string, Entry>();
    this.#sessions.delete(scope);
    this.#sessions.set(scope, entries);
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value as string);
    const alive = (key: string): Entry | undefined => {
      const entry = entries.get(key);
      if (entry?.until === undefined || entry.until > Date.now()) return entry;
      entries.delete(key);
      return undefined;
    };
    return {
      get: async (key: unknown) => alive(toKey(key))?.value ?? null,
      async set(key: unknown, value: unknown, options?: { ttlSeconds?: number }) {
        const ttl = options?.ttlSeconds ?? ttlDefault;
        entries.set(toKey(key), { value: toValue(value), until: ttl === undefined ? undefined : Date.now() + ttl * 1000 });
      },
      async delete(key: unknown) {
        entries.delete(toKey(key));
      },
      list: async (prefix: unknown = '') => [...entries.keys()].filter((key) => key.startsWith(String(prefix)) && alive(key)).sort(),
    };
  }
}

function toKey(key: unknown): string {
  if (typeof key !== 'string' || key === '') throw new Error('A store key must be a non-empty string.');
  return key;
}

function toValue(value: unknown): string {
  if (typeof value !== 'string') throw new Error('A store value must be a string; use JSON.stringify for data.');
  return value;
}
