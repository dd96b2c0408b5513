import type { Host } from '../../src/core/contract/host.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';
import { perHost } from '../../src/host/per-host.ts';

/** State that plugins restore in their next process, by id. Kept in memory only: a new gateway run is a new session. */
const statesOf = perHost(() => new Map<string, JsonValue>());

/** Stores a plugin's state or returns the last one. */
export function answerState(host: Host, id: string, method: string, { state }: JsonObject): JsonValue {
  const states = statesOf(host);
  if (method === 'restore') return states.get(id) ?? null;
  if (method !== 'persist') throw new GatewayError('METHOD_NOT_FOUND', `The jaato adapter has no method "${method}".`);
  states.set(id, state ?? null);
  return true;
}

/** Deletes the state of a disabled plugin. */
export function dropState(host: Host, id: string): void {
  statesOf(host).delete(id);
}
