import type { Entry } from '../core/adapter.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { isSecretKey } from '../core/redact.ts';

/** What must never be shown of a plugin's entry. */
export function secretsOf({ env, settings, credentials, options }: Entry): string[] {
  return [...Object.values(credentials), ...[env, settings, options].flatMap(secretsIn)];
}

/** The values under a secret's name, however deep; of one like `Bearer x` also the part behind the first word. */
export function secretsIn(value: JsonValue | Readonly<Record<string, JsonValue>> | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const isText = typeof item === 'string' || typeof item === 'number';
    return isSecretKey(key) && isText ? [...new Set([String(item), String(item).replace(/^\w+ +/, '')])] : secretsIn(item);
  });
}
