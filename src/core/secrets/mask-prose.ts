import { isJsonObject, type JsonObject, type JsonValue } from '../json/json.ts';
import { mapTexts } from '../text/map-texts.ts';

/** Keywords of tools, prompts, resources and schemas whose texts only inform. */
const PROSE: ReadonlySet<string> = new Set(['title', 'description', 'summary', '$comment', 'default', 'examples', 'example']);
/** Keywords whose members have names of the author's choice. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'schemas']);

/**
 * Masks secrets in the texts of a list that only inform. Names, types and choices stay as they are, because clients send them
 * back, and a short secret may be equal to one. Parts without changes are returned as they are.
 */
export function maskProse<T extends JsonValue>(value: T, redact: (text: string) => string): T {
  return mask(value, redact, false) as T;
}

function mask(value: JsonValue, redact: (text: string) => string, named: boolean): JsonValue {
  if (Array.isArray(value)) {
    const items = value.map((item) => mask(item, redact, false));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const changes: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    // Absent members of lists are undefined.
    if (typeof item !== 'object' && typeof item !== 'string') continue;
    const masked = !named && PROSE.has(key) ? mapTexts(item, redact) : mask(item, redact, !named && NAMED.has(key));
    if (masked !== item) changes[key] = masked;
  }
  return Object.keys(changes).length === 0 ? value : { ...value, ...changes };
}
