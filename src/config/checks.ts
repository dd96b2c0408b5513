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

function loginFaults({ auth }: ConfigFile, source: SourceText): string[] {
  if (auth === undefined) return [];
  if (auth.tokens === undefined) {
    return [`${source.at(['auth'], 'key')}: "auth" has no tokens, so anyone could connect. Add "tokens" or remove "auth".`];
  }
  const first = new Map<string, number>();
  const faults: string[] = [];
  for (const [i, { token }] of auth.tokens.entries()) {
    const before = first.get(token);
    if (before === undefined) first.set(token, i);
    else {
      const where = source.at(['auth', 'tokens', i, 'token']);
      faults.push(`${where}: auth.tokens.${i}.token is the same as auth.tokens.${before}.token. Give each entry a different token.`);
    }
  }
  return faults;
}

function limitFaults({ limits = {} }: ConfigFile, source: SourceText): string[] {
  return ORDERED_LIMITS.flatMap(([lower, upper]) => {
    const [low, high] = [limits[lower], limits[upper]];
    if (low === undefined || high === undefined || low <= high) return [];
    return [`${source.at(['limits', lower])}: limits.${lower} must be at most limits.${upper}, which the file also sets.`];
  });
}
