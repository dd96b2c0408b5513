import { createHmac, randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue } from './json/json.ts';

const ID_CHARS = 22;

let identify: () => string = randomUUID;
let identity: string | undefined;

/** Identifies this gateway among others. Not a secret. */
export function instance(): string {
  identity ??= identify();
  return identity;
}

/** Derives the id from the configuration file and the key of the state folder, so that lists do not change after a restart. */
export function setInstance(key: () => Buffer | undefined, file: string | undefined): void {
  identity = undefined;
  identify = () => {
    const secret = key();
    if (secret === undefined) return randomUUID();
    return createHmac('sha256', secret)
      .update(`instance\n${file ?? ''}`)
      .digest('base64url')
      .slice(0, ID_CHARS);
  };
}

/** Key of `_meta` under which a gateway states where a tool or prompt comes from. */
export const ORIGIN_KEY = 'plugmux/origin';

const MAX_CHAIN = 8;
const MAX_TEXT_LENGTH = 128;

/** Whether a list item of another server has passed through this gateway before, or through more than 8 gateways. */
export function passedHere(meta: JsonValue | undefined): boolean {
  let origin = isJsonObject(meta) ? meta[ORIGIN_KEY] : undefined;
  for (let steps = 0; isJsonObject(origin); steps++) {
    if (origin.gateway === instance() || steps >= MAX_CHAIN) return true;
    origin = origin.from;
  }
  return false;
}

/** The validated origin chain of a list item, which lets gateways detect loops; no other keys of its `_meta`. */
export function foreignOrigin(meta: JsonObject): JsonObject {
  const origin = toChain(meta[ORIGIN_KEY], 0);
  return origin ? { [ORIGIN_KEY]: origin } : {};
}

function toChain(origin: JsonValue | undefined, steps: number): JsonObject | undefined {
  if (!isJsonObject(origin) || steps > MAX_CHAIN) return undefined;
  const texts = ['format', 'plugin', 'version', 'gateway'].flatMap((key) => {
    const text = origin[key];
    return typeof text === 'string' ? [[key, text.slice(0, MAX_TEXT_LENGTH)] as const] : [];
  });
  const from = toChain(origin.from, steps + 1);
  return { ...Object.fromEntries(texts), ...(from ? { from } : {}) };
}

/** Adds this gateway to the origin chain of a list item's `_meta`. */
export function withOrigin(meta: JsonObject | undefined, own: JsonObject): JsonObject {
  const before = meta?.[ORIGIN_KEY];
  return { ...meta, [ORIGIN_KEY]: { ...own, gateway: instance(), ...(isJsonObject(before) ? { from: before } : {}) } };
}
