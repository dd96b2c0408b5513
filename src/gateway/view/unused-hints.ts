import type { Config } from '../../config/config.ts';
import { isJsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { createNameMap } from '../../policy/patterns.ts';
import type { Registry } from '../../registry/registry.ts';

/** The names and globs under `hints` that match no tool, with their positions. Only of plugins whose tools are known. */
export function unusedHints(config: Config, registry: Pick<Registry, 'catalogue' | 'plugins'>): string[] {
  const hinted = [...config.plugins.values()].filter(({ hints }) => hints !== undefined);
  if (hinted.length === 0) return [];
  const known = new Set(registry.plugins().flatMap(({ id, state }) => (state === 'ready' ? [id] : [])));
  return hinted.flatMap(({ id, hints = {} }) => {
    if (!known.has(id)) return [];
    const map = createNameMap(hints);
    for (const { name, plugin, tool } of registry.catalogue().tools.values())
      if (plugin.id === id) map.find([tool.name, name, tool.native ?? tool.name]);
    return map.unused.map((pattern) => `${placeOf(id, config)}: ${pattern}`);
  });
}

/** Logs each of them once. */
export function createHintLines(registry: Registry, log: Logger): (config: Config) => void {
  const logged = new Set<string>();
  return (config) => {
    for (const place of unusedHints(config, registry)) {
      if (!logged.has(place)) log.warn(`the rule ${place} matches nothing`);
      logged.add(place);
    }
  };
}

function placeOf(id: string, { upstreams, values }: Config): string {
  const own = isJsonObject(values.plugins) ? values.plugins[id] : undefined;
  const path = isJsonObject(own) && own.hints !== undefined ? undefined : upstreams.get(id)?.path;
  return [...(path ?? ['plugins', id]), 'hints'].join('.');
}
