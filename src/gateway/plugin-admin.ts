import { asObject, type JsonObject } from '../core/json.ts';
import type { ToolEntry } from '../registry/catalogue.ts';
import type { SlotStatus } from '../registry/slot.ts';

/** What administrators can do with plugins. */
export interface PluginAdmin {
  plugins(): readonly SlotStatus[];
  /** The tools of one plugin, for people: names, texts, and what its format says of them. */
  tools(pluginId: string): readonly JsonObject[];
  /** Enables a plugin, a failed one anew, or disables it; remembered across restarts. Rejects where it then cannot be opened. */
  setEnabled(pluginId: string, enabled: boolean): Promise<void>;
}

/** A tool as administrators see it. */
export function toAdminTool({ name, description, plugin, tool }: ToolEntry): JsonObject {
  const own = tool.meta?.[plugin.adapter];
  const { usage = null, permissions = [], dynamic = false } = asObject(own);
  return { name, description, usage, side_effects: tool.approval === 'required', permissions_required: permissions, dynamic };
}

/** A plugin by the id its author gave it, or by the one it has here. */
export function findPlugin(plugins: readonly SlotStatus[], id: string): SlotStatus | undefined {
  return plugins.find(({ alias, facts }) => (alias ?? facts.manifest) === id) ?? plugins.find((plugin) => plugin.id === id);
}
