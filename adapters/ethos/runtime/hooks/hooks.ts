import { asObject, type JsonObject } from '../../../../src/core/json/json.ts';
import type { EthosHandler } from '../format.ts';

/** Runs all handlers of a void hook in parallel. `failed` receives their errors. */
export async function runVoid(
  handlers: readonly EthosHandler[] | undefined,
  payload: object,
  failed: (error: unknown) => void,
): Promise<void> {
  const ended = await Promise.allSettled((handlers ?? []).map(async (handler) => handler(payload)));
  for (const outcome of ended) if (outcome.status === 'rejected') failed(outcome.reason);
}

/**
 * Runs the handlers of a modifying hook in order, each with the original payload. For each key the first non-null value wins.
 * `failed` receives errors and may throw to stop.
 */
export async function runModifying(
  handlers: readonly EthosHandler[] | undefined,
  payload: () => object,
  failed: (error: unknown) => void,
): Promise<JsonObject> {
  const merged: JsonObject = {};
  for (const handler of handlers ?? []) {
    try {
      for (const [key, value] of Object.entries(asObject(await handler(payload())))) {
        if (value !== null && value !== undefined) merged[key] ??= value;
      }
    } catch (error) {
      failed(error);
    }
  }
  return merged;
}
