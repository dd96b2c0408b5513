import type { Parent } from '../core/contract/plugin.ts';
import type { Config, PluginConfig } from './config.ts';
import { toYielded } from './yielded-config.ts';

/** A plugin that another one yields, with the configuration that discovery gave it. */
export interface Yielded {
  readonly id: string;
  readonly config: PluginConfig;
  readonly parent?: Parent;
}

/**
 * The configuration with entries for yielded plugins, so that their rules are found under their own ids. Their places in the
 * file are those of the keys that apply: below `servers` of the plugin that yields them, or in its own entry.
 */
export function withYieldedRules(config: Config, yielded: readonly Yielded[]): Config {
  if (yielded.length === 0) return config;
  const plugins = new Map(config.plugins);
  const parents = new Map<string, Parent>();
  for (const { id, config: found, parent } of yielded) {
    if (!parent || config.plugins.has(id)) continue;
    const yielder = plugins.get(parent.id);
    plugins.set(id, yielder ? toYielded(id, yielder, serverOf(yielder, parent.name), config.dir) : found);
    parents.set(id, parent);
  }
  const at: Config['at'] = (...path) => {
    const [first, id, key, ...rest] = path;
    const parent = first === 'plugins' ? parents.get(String(id)) : undefined;
    if (!parent || key === undefined) return config.at(...path);
    const isOwn = Object.hasOwn(serverOf(plugins.get(parent.id), parent.name), key);
    return isOwn ? config.at('plugins', parent.id, 'servers', parent.name, key, ...rest) : at('plugins', parent.id, key, ...rest);
  };
  return { ...config, plugins, at };
}

function serverOf({ servers = {} }: Pick<PluginConfig, 'servers'> = {}, name: string) {
  return Object.hasOwn(servers, name) ? (servers[name] ?? {}) : {};
}
