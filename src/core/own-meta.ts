import { holdsExact, noteExact } from './json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json/json.ts';

/** Keys of `_meta` that begin so are the gateway's own. */
const OWN = 'plugmux/';

/** The `_meta` of a plugin or server without keys that only the gateway may set. */
export function withoutOwnKeys(meta: JsonObject): JsonObject {
  for (const key in meta) {
    if (key.startsWith(OWN)) return Object.fromEntries(Object.entries(meta).filter(([name]) => !name.startsWith(OWN)));
  }
  return meta;
}

/** Keys of a request's `_meta` that hold for one connection alone: each sets its own. */
const PROTOCOL = 'io.modelcontextprotocol/';

/** What of a request's `_meta` is for whoever serves it: trace context and vendors' keys. Undefined where there is none. */
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
