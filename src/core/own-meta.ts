import { holdsExact, noteExact } from './json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json/json.ts';

/** Prefix of the gateway's own keys in `_meta`. */
const OWN = 'plugmux/';

/** Removes keys that only the gateway may set from the `_meta` of a plugin or server. */
export function withoutOwnKeys(meta: JsonObject): JsonObject {
  for (const key in meta) {
    if (key.startsWith(OWN)) return Object.fromEntries(Object.entries(meta).filter(([name]) => !name.startsWith(OWN)));
  }
  return meta;
}

/** Prefix of `_meta` keys of the protocol, which apply to one connection only. */
const PROTOCOL = 'io.modelcontextprotocol/';

/** The part of a request's `_meta` that plugins receive: trace context and vendor keys. Undefined if there is none. */
export function passedMeta(meta: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(meta)) return undefined;
  let passes = false;
  for (const key in meta) passes ||= isPassed(key);
  if (!passes) return undefined;
  const kept = Object.fromEntries(Object.entries(meta).filter(([key]) => isPassed(key)));
  return holdsExact(meta) ? noteExact(kept) : kept;
}

function isPassed(key: string): boolean {
  return key !== 'progressToken' && !key.startsWith(PROTOCOL) && !key.startsWith(OWN);
}
