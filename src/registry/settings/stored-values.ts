import type { Config } from '../../config/config.ts';
import type { Entry } from '../../core/contract/adapter.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import { GatewayError, thrownText } from '../../core/errors.ts';
import { isDamage } from '../../store/faults.ts';
import type { PluginSettings } from '../../store/settings.ts';
import type { PluginValues } from './merge-values.ts';

/** The values that this gateway stores for its plugins, for one look at the plugins. */
export interface StoredValues {
  /** Whether any are stored for a plugin. */
  has(plugin: string): boolean;
  /** The entry of a plugin with the stored values that mcp.json does not set. Rejects if they cannot be read. */
  merge(manifest: Manifest, entryId: string, entry: Entry): Promise<Entry>;
}

/**
 * Reads which plugins have stored values. While the store cannot be read, the values that were read last apply. `hide`: masks
 * secrets. `refused`: no plugin is opened now, since the store cannot be read.
 */
export function createStoredValues(
  stored: PluginSettings,
  hide: (secret: string) => void,
): (config: Config, refused: boolean) => StoredValues {
  let known: ReadonlySet<string> | undefined;
  const last = new Map<string, PluginValues>();
  const read = (plugin: string): PluginValues => {
    try {
      const values = { settings: stored.settings(plugin), secrets: stored.secrets(plugin) };
      last.set(plugin, values);
      return values;
    } catch (error) {
      const values = last.get(plugin);
      if (values) return values;
      throw unreadable(error);
    }
  };
  return (config, refused) => {
    let isUnknown = false;
    try {
      known = stored.configured();
    } catch (error) {
      isUnknown = known === undefined && !refused && !isDamage(error);
    }
    return {
      has: (plugin) => isUnknown || known?.has(plugin) === true,
      async merge(manifest, entryId, entry) {
        const values = read(manifest.id);
        const { mergeValues } = await import('./merge-values.ts');
        return mergeValues(values, manifest, entryId, entry, config, hide);
      },
    };
  };
}

// Without its values a plugin could do what its operator has forbidden.
function unreadable(fault: unknown): GatewayError {
  const { code, fix } = fault instanceof GatewayError ? fault : { code: 'STATE_STORE_UNAVAILABLE' as const, fix: undefined };
  return new GatewayError(code, `The stored settings cannot be read: ${thrownText(fault)}`, { fix, cause: fault });
}
