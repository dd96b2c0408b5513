import type { AdminToolDetails } from '../core/contract/admin.ts';
import type { Problem } from '../core/contract/plugin.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { Enablement } from '../policy/enablement.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import type { Registry } from '../registry/registry.ts';

/** Who performs an administrative action, and over which transport. */
export interface Actor extends JsonObject {
  readonly principal: string;
  readonly transport: string;
}

/** The plugin operations of administrators. */
export interface PluginAdmin {
  plugins(): readonly PluginStatus[];
  /** The tools of one plugin for administrators. */
  tools(pluginId: string): readonly JsonObject[];
  /**
   * Enables or disables a plugin; enabling retries a failed one. Stored and recorded. Rejects if the plugin then
   * fails to open, and with FIXED_BY_FILE if mcp.json disables it.
   */
  setEnabled(pluginId: string, enabled: boolean, by: Actor): Promise<void>;
  /** Replaces a plugin's process; calls in flight finish. Recorded. Rejects if the plugin then fails to open. */
  restart(pluginId: string, by: Actor): Promise<void>;
  /** The problems that the plugin's own check finds. Recorded. */
  check(pluginId: string, by: Actor): Promise<readonly Problem[]>;
  /** Who disabled a plugin; undefined unless it is disabled. */
  disabledBy(pluginId: string): 'administrator' | 'mcp.json' | undefined;
  /** Records an action of an administrator in the audit log. */
  record(by: Actor, fields: JsonObject): Promise<void>;
}

/** `applyDecisions` opens and closes plugins by the stored decisions; `record` writes the audit log. */
export function createPluginAdmin(
  registry: Registry,
  enablement: Enablement,
  applyDecisions: () => Promise<void>,
  record: PluginAdmin['record'],
): PluginAdmin {
  const statusOf = (pluginId: string): PluginStatus | undefined => registry.plugins().find(({ id }) => id === pluginId);
  const start = async (pluginId: string): Promise<void> => {
    await registry.start(pluginId);
    const error = statusOf(pluginId)?.error;
    if (error) throw error;
  };
  const setEnabled = async (pluginId: string, enabled: boolean): Promise<void> => {
    // The file wins over what is stored, so a stored decision would change nothing.
    if (enabled && registry.config(pluginId)?.enabled === false) {
      throw new GatewayError('FIXED_BY_FILE', `mcp.json disables the plugin "${pluginId}".`, {
        plugin: pluginId,
        fix: `Run \`plugmux enable ${pluginId} --in-file\`.`,
      });
    }
    let unsaved: unknown;
    try {
      enablement.set(pluginId, enabled);
    } catch (error) {
      if (enabled) throw error;
      unsaved = error;
    }
    if (enabled) registry.resetFailure(pluginId);
    await applyDecisions();
    if (unsaved instanceof GatewayError) {
      const { code, message, fix } = unsaved;
      throw new GatewayError(code, `${pluginId} is disabled until this process ends, but the decision cannot be stored: ${message}`, {
        fix,
      });
    }
    if (enabled) await start(pluginId);
  };
  const recorded = async <T>(action: string, plugin: string, by: Actor, run: () => Promise<T>): Promise<T> => {
    let done: T;
    try {
      done = await run();
    } catch (error) {
      await record(by, { action, plugin, outcome: 'error', ...(error instanceof GatewayError ? { code: error.code } : {}) });
      throw error;
    }
    await record(by, { action, plugin, outcome: 'ok' });
    return done;
  };

  return {
    plugins: registry.plugins,
    tools(pluginId) {
      const details = statusOf(pluginId)?.adminDetails.tools ?? [];
      const known = new Map(details.map((tool) => [tool.name, tool]));
      const entries = [...registry.catalogue().tools.values()].filter(({ plugin }) => plugin.id === pluginId);
      return entries.map((entry) => toAdminTool(entry, known.get(entry.tool.name)));
    },
    record,
    setEnabled: (id, enabled, by) => recorded(enabled ? 'enable' : 'disable', id, by, () => setEnabled(id, enabled)),
    restart: (id, by) =>
      recorded('restart', id, by, async () => {
        registry.resetFailure(id);
        registry.replace(id);
        await applyDecisions();
        await start(id);
      }),
    check: (id, by) => recorded('check', id, by, async () => (await registry.check(id)).get(id) ?? []),
    disabledBy(id) {
      if (statusOf(id)?.state !== 'disabled') return undefined;
      return registry.config(id)?.enabled === false ? 'mcp.json' : 'administrator';
    },
  };
}

/** A tool as administrators see it. */
function toAdminTool({ name, description, tool }: ToolEntry, details: AdminToolDetails | undefined): JsonObject {
  const { usage = null, permissions = [], dynamic = false } = details ?? {};
  return { name, description, usage, side_effects: tool.approval === 'required', permissions_required: [...permissions], dynamic };
}

/** Finds a plugin by its author's id, or by its id in this gateway. */
export function findPlugin(plugins: readonly PluginStatus[], id: string): PluginStatus | undefined {
  return plugins.find(({ alias, adminDetails }) => (alias ?? adminDetails.authorId) === id) ?? plugins.find((plugin) => plugin.id === id);
}
