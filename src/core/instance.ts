import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** Tells this running gateway from every other one. Made at each start; no secret. */
export const INSTANCE: string = randomUUID();

/** Under this key of `_meta` a gateway says where a tool or prompt comes from. */
export const ORIGIN_KEY = 'plugmux/origin';

const LONGEST_CHAIN = 8;
const LONGEST_TEXT = 128;

/** Whether something that another server offers has come through this gateway before, or through too many others. */
export function passedHere(meta: JsonValue | undefined): boolean {
  let origin = isJsonObject(meta) ? meta[ORIGIN_KEY] : undefined;
  for (let steps = 0; isJsonObject(origin); steps++) {
    if (origin.gateway === INSTANCE || steps >= LONGEST_CHAIN) return true;
    origin = origin.from;
  }
  return false;
}

/** What a list item says of the gateways it came through before, so that a loop of gateways is noticed; nothing else of it. */
export function foreignOrigin(meta: JsonObject): JsonObject {
  const origin = toChain(meta[ORIGIN_KEY], 0);
  return origin ? { [ORIGIN_KEY]: origin } : {};
}

function toChain(origin: JsonValue | undefined, steps: number): JsonObject | undefined {
  if (!isJsonObject(origin) || steps > LONGEST_CHAIN) return undefined;
  const texts = ['format', 'plugin', 'version', 'gateway'].flatMap((key) => {
    const text = origin[key];
    return typeof text === 'string' ? [[key, text.slice(0, LONGEST_TEXT)] as const] : [];
  });
  const from = toChain(origin.from, steps + 1);
  return { ...Object.fromEntries(texts), ...(from ? { from } : {}) };
}

/** The `_meta` of what this gateway offers: what it came with, and where it comes from; other gateways' words are kept. */
export function withOrigin(meta: JsonObject | undefined, own: JsonObject): JsonObject {
  const before = meta?.[ORIGIN_KEY];
  return { ...meta, [ORIGIN_KEY]: { ...own, gateway: INSTANCE, ...(isJsonObject(before) ? { from: before } : {}) } };
}
