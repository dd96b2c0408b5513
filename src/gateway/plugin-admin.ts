import { GatewayError } from '../core/errors.ts';
import { asObject, type JsonObject } from '../core/json/json.ts';
import type { Enablement } from '../policy/enablement.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import type { Registry } from '../registry/registry.ts';

/** Who does something to the gateway, and by which way. */
export interface Actor extends JsonObject {
  readonly principal: string;
  readonly transport: string;
}

/** What administrators can do with plugins. */
export interface PluginAdmin {
  plugins(): readonly PluginStatus[];
  /** The tools of one plugin, for people: names, texts, and what its format says of them. */
  tools(pluginId: string): readonly JsonObject[];
  /** Enables a plugin, a failed one anew, or disables it; remembered across restarts and recorded. Rejects where it then cannot be opened. */
  setEnabled(pluginId: string, enabled: boolean, by: Actor): Promise<void>;
  /** Records in the audit log what an administrator did or tried. */
  record(by: Actor, fields: JsonObject): Promise<void>;
}

/** Makes it of the registry and the decisions. `adopt` opens and closes plugins as they say; `record` writes the audit log. */
export function createPluginAdmin(
  registry: Registry,
  enablement: Enablement,
  adopt: () => Promise<void>,
  record: PluginAdmin['record'],
): PluginAdmin {
  const setEnabled = async (pluginId: string, enabled: boolean): Promise<void> => {
    let unsaved: unknown;
    try {
      enablement.set(pluginId, enabled);
    } catch (error) {
      if (enabled) throw error;
      unsaved = error;
    }
    if (enabled) registry.resetFailure(pluginId);
    await adopt();
    if (unsaved instanceof GatewayError) {
      const { code, message, fix } = unsaved;
      throw new GatewayError(code, `${pluginId} is disabled until this process ends; that cannot be kept: ${message}`, { fix });
    }
    if (!enabled) return;
    await registry.start(pluginId);
    const error = registry.plugins().find(({ id }) => id === pluginId)?.error;
    if (error) throw error;
  };

  return {
    plugins: registry.plugins,
    tools: (pluginId) => [...registry.catalogue().tools.values()].filter(({ plugin }) => plugin.id === pluginId).map(toAdminTool),
    record,
    async setEnabled(pluginId, enabled, by) {
      const action = { action: enabled ? 'enable' : 'disable', plugin: pluginId };
      try {
        await setEnabled(pluginId, enabled);
      } catch (error) {
        await record(by, { ...action, outcome: 'error', ...(error instanceof GatewayError ? { code: error.code } : {}) });
        throw error;
      }
      await record(by, { ...action, outcome: 'ok' });
    },
  };
}

/** A tool as administrators see it. */
function toAdminTool({ name, description, plugin, tool }: ToolEntry): JsonObject {
  const own = tool.meta?.[plugin.adapter];
  const { usage = null, permissions = [], dynamic = false } = asObject(own);
  return { name, description, usage, side_effects: tool.approval === 'required', permissions_required: permissions, dynamic };
}

/** A plugin by the id its author gave it, or by the one it has here. */
export function findPlugin(plugins: readonly PluginStatus[], id: string): PluginStatus | undefined {
  return plugins.find(({ alias, facts }) => (alias ?? facts.manifest) === id) ?? plugins.find((plugin) => plugin.id === id);
}
