import type { Caller } from '../../core/contract/caller.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Registry } from '../../registry/registry.ts';
import type { View } from '../view/view.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import type { Wanted } from './opening.ts';

/** Tools that left the lists because their plugins failed. Calls from clients that still know them get the cause. */
export interface Departed {
  /** Records the tools that each profile saw until now. */
  note(views: ReadonlyMap<string, View>): void;
  /** The call of a tool that the caller's profile saw, by its public name. */
  find(caller: Caller, name: string, args: JsonObject): Wanted | undefined;
  /** Forgets all tools, because the rules have changed. */
  clear(): void;
}

export function createDeparted(registry: Pick<Registry, 'plugins'>): Departed {
  const tools = new Map<string, Map<string, VisibleTool>>();
  return {
    note(views) {
      if (views.size === 0 && tools.size === 0) return;
      const failed = new Set(registry.plugins().flatMap(({ id, state }) => (state === 'failed' ? [id] : [])));
      const hasFailed = ([, tool]: [string, VisibleTool]): boolean => failed.has(tool.entry.plugin.id);
      for (const profile of new Set([...views.keys(), ...tools.keys()])) {
        const seen = [...(tools.get(profile) ?? []), ...(failed.size > 0 ? (views.get(profile)?.tools ?? []) : [])].filter(hasFailed);
        if (seen.length > 0) tools.set(profile, new Map(seen));
        else tools.delete(profile);
      }
    },
    find({ profile }, name, args) {
      const tool = tools.get(profile)?.get(name);
      return tool && { name, sent: args, tool, args };
    },
    clear: () => tools.clear(),
  };
}
