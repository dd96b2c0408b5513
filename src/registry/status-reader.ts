import type { Host } from '../core/contract/host.ts';
import type { PluginStatus } from './plugin-status.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';

/** Returns a function that reads the status of a plugin, and notes since when it is in its state. */
export function createStatusReader(host: Pick<Host, 'runOf'>): (plugin: RegisteredPlugin) => PluginStatus {
  const known = new Map<string, { state: PluginStatus['state']; since: number }>();
  const sinceOf = (id: string, state: PluginStatus['state']): number => {
    const before = known.get(id);
    if (before?.state === state) return before.since;
    const since = Date.now();
    known.set(id, { state, since });
    return since;
  };
  return (plugin) => {
    const status = plugin.status();
    return { ...status, since: sinceOf(status.id, status.state), run: host.runOf(status.id) };
  };
}
