import type { PluginStore } from '../core/contract/plugin-store.ts';
import type { Logger } from '../core/log.ts';
import { createPluginStores } from './plugin-store.ts';
import { createSealer } from './seal.ts';
import { createPluginSettings, type PluginSettings } from './settings.ts';
import { createStateKey, syncStateKey } from './state-key.ts';
import { createStore, type Store } from './store.ts';
import { createToolSwitches, type ToolSwitches } from './tool-switches.ts';

/** What a gateway keeps in its state folder. Nothing is read or created before its first use. */
export interface State {
  readonly store: Store;
  /** The key of the folder; undefined if it can be neither read nor created. */
  readonly key: () => Buffer | undefined;
  /** The data of one plugin. */
  readonly pluginStore: (pluginId: string) => PluginStore;
  readonly settings: PluginSettings;
  readonly toolSwitches: ToolSwitches;
}

/** The state folder of a gateway. Throws CONFIG_INVALID if PLUGMUX_KEY is invalid. */
export function openState(dir: string, log: Logger, hide: (secret: string) => void, env = process.env): State {
  const key = createStateKey(dir);
  const sealer = createSealer({ env, stateKey: key, syncKey: () => syncStateKey(dir), log, hide });
  const store = createStore(dir);
  const pluginStore = createPluginStores(store, sealer);
  return {
    store,
    key,
    pluginStore,
    settings: createPluginSettings(store.file, sealer),
    toolSwitches: createToolSwitches(store.file),
  };
}
