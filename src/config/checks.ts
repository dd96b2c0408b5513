import { isJsonObject, type JsonValue } from '../core/json/json.ts';
import { isNetwork } from '../core/networks.ts';
import { ORDERED_LIMITS } from './limits.ts';
import type { ConfigFile } from './schema.ts';
import { SERVER_KEYS } from './server-keys.ts';
import type { SourceText } from './source-text.ts';

type Path = readonly (string | number)[];

const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
// The keys of these maps become ids, which clients may look up in plain JavaScript objects.
const ID_MAPS: ReadonlySet<string> = new Set(['plugins', 'profiles', ...SERVER_KEYS]);

/** Faults for keys such as `__proto__`, which cannot name an id, a tool or a setting. */
export function reservedKeys(value: JsonValue, source: SourceText): string[] {
  const faults: string[] = [];
  const walk = (node: JsonValue, path: Path): void => {
    if (Array.isArray(node)) {
      for (const [i, item] of node.entries()) walk(item, [...path, i]);
    } else if (isJsonObject(node)) {
      const isIdMap = path.length === 1 && ID_MAPS.has(String(path[0]));
      for (const [key, item] of Object.entries(node)) {
        if (RESERVED.has(key) || (isIdMap && key in Object.prototype)) {
          const where = path.length > 0 ? ` in ${path.join('.')}` : '';
          faults.push(`${source.at([...path, key], 'key')}: the key "${key}"${where} is reserved in JavaScript. Use another name.`);
        } else walk(item, [...path, key]);
      }
    }
  };
  walk(value, []);
  return faults;
}

/** Faults between values that are each valid: missing or duplicate tokens, contradicting limits, bad proxy addresses. */
export function contradictions(data: ConfigFile, source: SourceText): string[] {
  return [...loginFaults(data, source), ...limitFaults(data, source), ...proxyFaults(data, source)];
}

function proxyFaults({ listen }: ConfigFile, source: SourceText): string[] {
  return (listen?.proxies ?? []).flatMap((entry, i) => {
    if (isNetwork(entry)) return [];
    const where = source.at(['listen', 'proxies', i]);
    return [`${where}: listen.proxies.${i} is not an IP address or a network. Write it like 10.0.0.7 or 10.0.0.0/8.`];
  });
}

function loginFaults({ auth, listen }: ConfigFile, source: SourceText): string[] {
  if (auth === undefined) return [];
  const { tokens = [], jwt = [] } = auth;
  if (tokens.length + jwt.length === 0) {
    return [`${source.at(['auth'], 'key')}: "auth" has no tokens, so anyone could connect. Add "tokens" or remove "auth".`];
  }
  const faults = repeated(tokens, 'tokens', 'token', source);
  for (const key of ['name', 'issuer'] as const) faults.push(...repeated(jwt, 'jwt', key, source));
  if (jwt.length > 0 && listen?.public === undefined)
    faults.push(`${source.at(['auth', 'jwt'], 'key')}: auth.jwt needs "listen.public", the address that its tokens are made for.`);
  for (const [i, { scopes }] of jwt.entries()) {
    if (scopes === undefined || Object.values(scopes).some((scope) => scope === 'use' || scope === 'admin')) continue;
    const where = source.at(['auth', 'jwt', i, 'scopes']);
    faults.push(`${where}: auth.jwt.${i}.scopes gives no token the scope "use", so none could be used. Add a name for it.`);
  }
  return faults;
}

function repeated<K extends string>(entries: readonly Readonly<Record<K, string>>[], list: string, key: K, source: SourceText): string[] {
  const first = new Map<string, number>();
  return entries.flatMap((entry, i) => {
    const before = first.get(entry[key]);
    if (before === undefined) {
      first.set(entry[key], i);
      return [];
    }
    const where = source.at(['auth', list, i, key]);
    return [`${where}: auth.${list}.${i}.${key} is the same as auth.${list}.${before}.${key}. Give each entry a different ${key}.`];
  });
}

function limitFaults({ limits = {} }: ConfigFile, source: SourceText): string[] {
  return ORDERED_LIMITS.flatMap(([lower, upper]) => {
    const [low, high] = [limits[lower], limits[upper]];
    if (low === undefined || high === undefined || low <= high) return [];
    return [`${source.at(['limits', lower])}: limits.${lower} must be at most limits.${upper}, which the file also sets.`];
  });
}
