import type { Store } from '../store/store.ts';

/** What administrators decided about whole plugins, kept across restarts. */
export interface Enablement {
  /** Why a plugin may not be opened, or undefined. */
  refusal(pluginId: string): string | undefined;
  set(pluginId: string, enabled: boolean): void;
}

const SPACE = 'disabled-plugins';

/** The decisions in a store. A plugin that nobody spoke of is enabled. */
export function createEnablement(store: Store): Enablement {
  return {
    refusal: (id) => (store.get(SPACE, id) === undefined ? undefined : 'an administrator disabled it'),
    set(id, enabled) {
      if (enabled) store.delete(SPACE, id);
      else store.set(SPACE, id, new Date().toISOString());
    },
  };
}
