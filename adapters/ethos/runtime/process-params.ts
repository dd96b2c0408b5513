import type { JsonObject } from '../../../src/core/json/json.ts';
import type { RuntimeContext } from '../../../src/host/node/runtime.ts';
import { PluginEventBus } from '../sdk/plugin-sdk.ts';

/** What the adapter gives the runtime for one plugin. */
export interface EthosParams {
  /** The id that the plugin sees. */
  readonly pluginId: string;
  readonly entry?: string;
  /** The plugin's folder, or the one above an entry file that has its package.json. */
  readonly folder: string;
  /** Ids, in the gateway, of plugins that have to be loaded before. */
  readonly dependencies: readonly string[];
  /** What a hook that fails means for the call it guards. */
  readonly onGuardError: 'deny' | 'allow';
  readonly publishOutput: boolean;
  readonly workingDir: string;
  /** A folder of the plugin's own to write to. */
  readonly dataDir: string;
  readonly baseUrl?: string;
  readonly cacheDir: string;
}

/** What may be another at each start of the process. */
export interface EthosStart {
  readonly secrets: Readonly<Record<string, string>>;
  /** Secrets whose values are not those of the last start. */
  readonly changedSecrets: readonly string[];
  /** Full references, for tools that declare them. */
  readonly references: Readonly<Record<string, string>>;
  /** Monitors that ran when the last process ended, with their parameters. */
  readonly resume: Readonly<Record<string, JsonObject>>;
}

const BUS = 'ethos:bus';
const LOADED = 'ethos:loaded';

/** The bus of a process group. */
export function busOf({ shared }: RuntimeContext): PluginEventBus {
  const bus = (shared.get(BUS) as PluginEventBus | undefined) ?? new PluginEventBus();
  shared.set(BUS, bus);
  return bus;
}

/** Ids of the plugins of a process group that have been activated. */
export function loadedIn({ shared }: RuntimeContext): Set<string> {
  const loaded = (shared.get(LOADED) as Set<string> | undefined) ?? new Set<string>();
  shared.set(LOADED, loaded);
  return loaded;
}

/** Messages with data beside them, as one line. */
export function withData(message: unknown, data: unknown): string {
  const text = typeof message === 'string' ? message : String(message);
  if (data === undefined) return text;
  try {
    return `${text} ${JSON.stringify(data)}`;
  } catch {
    return text;
  }
}
