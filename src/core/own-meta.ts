import type { JsonObject } from './json.ts';

/** Keys of `_meta` that begin so are the gateway's own. */
const OWN = 'plugmux/';

/** The `_meta` of a plugin or server without keys that only the gateway may set. */
export function withoutOwnKeys(meta: JsonObject): JsonObject {
  for (const key in meta) {
    if (key.startsWith(OWN)) return Object.fromEntries(Object.entries(meta).filter(([name]) => !name.startsWith(OWN)));
  }
  return meta;
}
