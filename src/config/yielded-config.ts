import { asObject, type JsonValue } from '../core/json/json.ts';
import type { PluginConfig } from './config.ts';
import { defaultEntry } from './plugin-entry.ts';
import type { ApprovalRule, ConfigFile } from './schema.ts';

/** A server entry of the file: of `mcpServers`, or below `servers` of a plugin. */
export type ServerFile = NonNullable<ConfigFile['mcpServers']>[string];

/**
 * The configuration of a plugin that another one yields: that of the other one, with the keys of `own` over it. Settings and
 * credentials belong to the plugin that yields it, so a change of them does not change the configuration of its servers.
 */
export function toYielded(id: string, yielder: PluginConfig, own: ServerFile, dir: string): PluginConfig {
  const { path: _, format: __, servers: ___, entry, ...rest } = yielder;
  const limits = { ...rest.limits, ...own.limits };
  const { startTimeoutMs, callsPerPlugin } = limits;
  return {
    ...rest,
    id,
    enabled: yielder.enabled && own.enabled !== false && own.disabled !== true,
    approval: joinApproval(yielder.approval, own.approval),
    limits,
    validate: own.validate === undefined ? rest.validate : own.validate !== 'off',
    names: { ...rest.names, ...own.names },
    ...(own.hints === undefined ? {} : { hints: { ...rest.hints, ...(own.hints as PluginConfig['hints']) } }),
    ...(own.schemas === undefined ? {} : { schemas: own.schemas }),
    ...(own.results === undefined ? {} : { results: own.results }),
    ...(own.fence === undefined ? {} : { fence: own.fence }),
    ...(own.scope === undefined ? {} : { scope: { ...own.scope, ...withoutKeys(rest.scope, own.scope) } }),
    entry: {
      ...defaultEntry(dir),
      isolation: entry.isolation,
      settings: asObject(own.settings as JsonValue | undefined),
      env: { ...entry.env, ...textsOf(own.env) },
      ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
      ...(callsPerPlugin === undefined ? {} : { callsPerPlugin }),
    },
  };
}

// An exact name wins over globs and an earlier glob over a later one, so the keys of the server come first.
function joinApproval(outer: ApprovalRule, own: ApprovalRule | undefined): ApprovalRule {
  if (own === undefined || own === 'inherit') return outer;
  if (typeof own === 'string') return own;
  const below = typeof outer === 'string' ? { '*': outer } : outer;
  return { ...own, ...withoutKeys(below, own) };
}

function withoutKeys<T>(outer: Readonly<Record<string, T>> = {}, own: object): Record<string, T> {
  return Object.fromEntries(Object.entries(outer).filter(([name]) => !Object.hasOwn(own, name)));
}

function textsOf(env: ServerFile['env'] = {}): Record<string, string> {
  const kept = Object.entries(env).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}
