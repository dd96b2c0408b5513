import type { JsonObject } from '../../../src/core/json/json.ts';
import type { RuntimeContext } from '../../../src/host/node/runtime.ts';
import { PluginEventBus } from '../sdk/plugin-sdk.ts';

/** Parameters that the adapter sends to the runtime for one plugin. */
export interface EthosParams {
  /** The id that the plugin's code gets. */
  readonly pluginId: string;
  readonly entry?: string;
  /** The plugin's folder, or the parent folder with the package.json of an entry file. */
  readonly folder: string;
  /** Gateway ids of plugins that must be loaded first. */
  readonly dependencies: readonly string[];
  /** Whether a failing guard hook denies or allows the call. */
  readonly onGuardError: 'deny' | 'allow';
  readonly publishOutput: boolean;
  readonly workingDir: string;
  /** The plugin's private writable folder. */
  readonly dataDir: string;
  readonly baseUrl?: string;
  readonly cacheDir: string;
}

/** Values that may change at each start of the process. */
export interface EthosStart {
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys of secrets that have changed since the last start. */
  readonly changedSecrets: readonly string[];
  /** Secrets by full reference, for tools that declare them. */
  readonly references: Readonly<Record<string, string>>;
  /** Monitors that were running when the last process ended, with their parameters. */
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

/** Ids of the activated plugins of a process group. */
export function loadedIn({ shared }: RuntimeContext): Set<string> {
  const loaded = (shared.get(LOADED) as Set<string> | undefined) ?? new Set<string>();
  shared.set(LOADED, loaded);
  return loaded;
}

/** Formats a message and its data as one line. */
export function withData(message: unknown, data: unknown): string {
  const text = typeof message === 'string' ? message : String(message);
  if (data === undefined) return text;
  try {
    return `${text} ${JSON.stringify(data)}`;
  } catch {
    return text;
  }
}
