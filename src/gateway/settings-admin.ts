import type { Config } from '../config/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { OfferMemory } from '../registry/offer/offer-memory.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import type { Registry } from '../registry/registry.ts';
import type { SettingsView } from '../registry/settings/read-settings.ts';
import type { SettingsChange } from '../registry/settings/save-settings.ts';
import type { PluginSettings } from '../store/settings.ts';
import type { Actor, PluginAdmin } from './plugin-admin.ts';

/** The state of a plugin after its settings were saved. */
export interface SavedSettings {
  readonly revision: string;
  /** The keys that changed. */
  readonly changed: readonly string[];
  readonly state: PluginStatus['state'];
  readonly needs: readonly string[];
  /** Why the plugin is not ready with the new values. */
  readonly error?: GatewayError;
}

/** The settings of plugins, for operators. Each method rejects with NOT_FOUND for an unknown plugin, and if the store cannot be read. */
export interface SettingsAdmin {
  /** Undefined if the plugin declares no settings. Values of mcp.json may contain secrets that the redactor knows. */
  read(pluginId: string): Promise<SettingsView | undefined>;
  /**
   * Stores new values and reopens the plugin with them. Rejects with CONFLICT, FIXED_BY_FILE or SETTINGS_INVALID, and then
   * nothing is stored. A plugin that fails with the new values is not a rejection.
   */
  save(pluginId: string, change: SettingsChange, by: Actor): Promise<SavedSettings>;
}

interface SettingsAdminParts {
  readonly registry: Registry;
  readonly settings: PluginSettings;
  /** Has the settings that a plugin declared when it last opened. */
  readonly memory: Pick<OfferMemory, 'settings' | 'keepSettings'>;
  readonly config: () => Config;
  /** Looks at the plugins again. */
  readonly applyConfig: () => Promise<void>;
  readonly record: PluginAdmin['record'];
}

/** Loads the checks of settings with their first use. */
export function createSettingsAdmin(parts: SettingsAdminParts): SettingsAdmin {
  const { registry, settings: stored, memory, config, applyConfig, record } = parts;
  const statusOf = (id: string): PluginStatus => {
    const status = registry.plugins().find((plugin) => plugin.id === id);
    if (!status) throw new GatewayError('NOT_FOUND', `There is no plugin "${id}".`);
    return status;
  };
  const read: SettingsAdmin['read'] = async (id) => {
    const { readSettings } = await import('../registry/settings/read-settings.ts');
    const { settings = memory.settings(id), settingsAt } = statusOf(id);
    return readSettings({ id, settings, settingsAt, entry: registry.config(id)?.id ?? id }, config(), stored);
  };
  const store = async (id: string, change: SettingsChange, by: Actor): Promise<readonly string[]> => {
    const { saveSettings } = await import('../registry/settings/save-settings.ts');
    const view = await read(id);
    if (!view) throw new GatewayError('SETTINGS_INVALID', `Plugin "${id}" declares no settings.`, { plugin: id });
    const { settings } = statusOf(id);
    // A plugin that fails with the new values declares nothing, but they must be correctable.
    if (settings) memory.keepSettings(id, settings);
    return saveSettings(stored, id, view, change, by.principal);
  };

  return {
    read,
    async save(id, change, by) {
      const action = { action: 'settings', plugin: id, keys: [...Object.keys(change.values), ...Object.keys(change.secrets)] };
      let changed: readonly string[];
      try {
        changed = await store(id, change, by);
      } catch (error) {
        await record(by, { ...action, outcome: 'error', ...(error instanceof GatewayError ? { code: error.code } : {}) });
        throw error;
      }
      await record(by, { ...action, keys: [...changed], outcome: 'ok' });
      if (changed.length > 0) {
        registry.resetFailure(id);
        await applyConfig();
        await registry.start(id);
      }
      const { state, needs, error } = statusOf(id);
      return { revision: (await read(id))?.revision ?? '', changed, state, needs, ...(error ? { error } : {}) };
    },
  };
}
