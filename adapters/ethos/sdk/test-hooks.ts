type Handler = (payload: object) => unknown;

/** The hooks of a test loop. */
export interface Hooks {
  registerVoid(name: string, handler: Handler): void;
  registerModifying(name: string, handler: Handler): void;
  fireVoid(name: string, payload: object): Promise<void>;
  fireModifying(name: string, payload: object): Promise<Record<string, unknown>>;
}

/** Creates hooks without handlers. Void handlers run in parallel, modifying ones in order; the first value of each key wins. */
export function createHooks(): Hooks {
  const handlers = new Map<string, Handler[]>();
  const add = (name: string, handler: Handler): void => void handlers.set(name, [...(handlers.get(name) ?? []), handler]);
  return {
    registerVoid: add,
    registerModifying: add,
    async fireVoid(name, payload) {
      await Promise.allSettled((handlers.get(name) ?? []).map(async (handler) => handler(payload)));
    },
    async fireModifying(name, payload) {
      const merged: Record<string, unknown> = {};
      for (const handler of handlers.get(name) ?? []) {
        try {
          for (const [key, value] of Object.entries((await handler(payload)) ?? {})) merged[key] ??= value;
        } catch {
          // Failing handlers are ignored, as in the original host.
        }
      }
      return merged;
    },
  };
}
