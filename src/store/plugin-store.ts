import type { PluginStore } from '../core/contract/plugin-store.ts';
import type { Store } from './store.ts';

/** The space for the data of one plugin. */
export function pluginNamespace(pluginId: string): string {
  return `plugin:${pluginId}`;
}

/** One space of a store. */
export function storeFor(store: Store, space: string): PluginStore {
  return {
    get: (key) => store.get(space, key),
    set: (key, value) => store.set(space, key, value),
    add: (key, value) => store.add(space, key, value),
    delete: (key) => store.delete(space, key),
    entries: () => store.entries(space),
  };
}
