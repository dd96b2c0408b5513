import type { Host } from '../../src/core/contract/host.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';

/** What plugins want to find again in their next process, by id. It lasts as long as the gateway: a new run is a new session. */
const kept = new WeakMap<Host, Map<string, JsonValue>>();

/** Takes the state that a plugin's runtime brings, or gives back the last one. */
export function answerState(host: Host, id: string, method: string, { state }: JsonObject): JsonValue {
  const states = kept.get(host) ?? new Map<string, JsonValue>();
  kept.set(host, states);
  if (method === 'restore') return states.get(id) ?? null;
  if (method !== 'persist') throw new GatewayError('METHOD_NOT_FOUND', `The adapter answers no "${method}".`);
  states.set(id, state ?? null);
  return true;
}

/** Whoever is switched off begins anew. */
export function dropState(host: Host, id: string): void {
  kept.get(host)?.delete(id);
}
