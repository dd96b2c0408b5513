import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Store } from '../store/store.ts';

/** What administrators decided about whole plugins, kept across restarts. */
export interface Enablement {
  /** Why a plugin may not be opened, or undefined. */
  refusal(pluginId: string): string | undefined;
  set(pluginId: string, enabled: boolean): void;
}

const SPACE = 'disabled-plugins';

/** The decisions in a store. A plugin that nobody spoke of is enabled; a store that cannot be read is told and says nothing. */
export function createEnablement(store: Store, log: Logger): Enablement {
  const read = (id: string): string | undefined => {
    try {
      return store.get(SPACE, id);
    } catch (error) {
      log.error(`whether an administrator disabled ${id} cannot be read, so it is opened: ${toError(error).message}`);
      return undefined;
    }
  };
  return {
    refusal: (id) => (read(id) === undefined ? undefined : 'an administrator disabled it'),
    set(id, enabled) {
      if (enabled) store.delete(SPACE, id);
      else store.set(SPACE, id, new Date().toISOString());
    },
  };
}
