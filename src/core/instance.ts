import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** Tells this running gateway from every other one. Made at each start; no secret. */
export const INSTANCE: string = randomUUID();

/** Under this key of `_meta` a gateway says where a tool or prompt comes from. */
export const ORIGIN_KEY = 'plugmux/origin';

const LONGEST_CHAIN = 8;

/** Whether something that another server offers has come through this gateway before, or through too many others. */
export function passedHere(meta: JsonValue | undefined): boolean {
  let origin = isJsonObject(meta) ? meta[ORIGIN_KEY] : undefined;
  for (let steps = 0; isJsonObject(origin); steps++) {
    if (origin.gateway === INSTANCE || steps >= LONGEST_CHAIN) return true;
    origin = origin.from;
  }
  return false;
}

/** The `_meta` of what this gateway offers: what it came with, and where it comes from; other gateways' words are kept. */
export function withOrigin(meta: JsonObject | undefined, own: JsonObject): JsonObject {
  const before = meta?.[ORIGIN_KEY];
  return { ...meta, [ORIGIN_KEY]: { ...own, gateway: INSTANCE, ...(isJsonObject(before) ? { from: before } : {}) } };
}
