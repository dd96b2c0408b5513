import type { Adapter, Entry } from '../core/contract/adapter.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { PluginConfig } from './config.ts';
import { COMMON_KEYS, type ConfigFile } from './schema.ts';

type PluginFile = NonNullable<ConfigFile['plugins']>[string];

interface EntryContext {
  readonly dir: string;
  readonly adapters: readonly Adapter[];
}

/** Converts an entry of `plugins`; `path` makes paths absolute. Keys that are not common become options of the format. */
export function toPlugin(id: string, file: PluginFile, { dir, adapters }: EntryContext, path: (p: string) => string): PluginConfig {
  const pathKeys = new Set(adapters.flatMap((a) => a.paths));
  const toPath = (value: unknown): unknown => (Array.isArray(value) ? value.map(toPath) : path(String(value)));
  const options = Object.fromEntries(
    Object.entries(file)
      .filter(([key, value]) => !COMMON_KEYS.has(key) && value !== undefined)
      .map(([key, value]) => [key, pathKeys.has(key) ? toPath(value) : value]),
  ) as JsonObject;
  const limits = toPluginLimits(file.limits);
  const { startTimeoutMs, shutdownTimeoutMs, callsPerPlugin } = limits;
  return {
    id,
    ...(file.path === undefined ? {} : { path: path(file.path) }),
    ...(file.format === undefined ? {} : { format: file.format }),
    enabled: file.enabled ?? true,
    ...(file.enabled === undefined ? {} : { stated: file.enabled }),
    approval: file.approval ?? 'inherit',
    limits,
    validate: file.validate !== 'off',
    names: file.names ?? {},
    ...(file.hints === undefined ? {} : { hints: file.hints as NonNullable<PluginConfig['hints']> }),
    ...(file.schemas === undefined ? {} : { schemas: file.schemas }),
    ...(file.results === undefined ? {} : { results: file.results }),
    ...(file.fence === undefined ? {} : { fence: file.fence }),
    ...(file.scope === undefined ? {} : { scope: file.scope }),
    ...(file.servers === undefined ? {} : { servers: file.servers }),
    entry: {
      ...defaultEntry(dir),
      settings: file.settings ?? {},
      credentials: file.credentials ?? {},
      isolation: file.isolation ?? 'process',
      ...(file.group === undefined ? {} : { group: file.group }),
      ...(file.cwd === undefined ? {} : { cwd: path(file.cwd) }),
      env: file.env ?? {},
      ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
      ...(shutdownTimeoutMs === undefined ? {} : { shutdownTimeoutMs }),
      ...(callsPerPlugin === undefined ? {} : { callsPerPlugin }),
      options,
    },
  };
}

// Two limits have a second name, which the documentation of Python plugins uses.
function toPluginLimits({ concurrency, initTimeoutMs, ...limits }: PluginConfig['limits'] = {}): PluginConfig['limits'] {
  return {
    ...(concurrency === undefined ? {} : { callsPerPlugin: concurrency }),
    ...(initTimeoutMs === undefined ? {} : { startTimeoutMs: initTimeoutMs }),
    ...limits,
  };
}

/** The entry of a plugin that mcp.json does not configure. */
export function defaultEntry(dir: string): Entry {
  return {
    settings: {},
    credentials: {},
    isolation: 'process',
    cwd: dir,
    env: {},
    options: {},
  };
}
