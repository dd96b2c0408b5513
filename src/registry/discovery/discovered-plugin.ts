import type { PluginConfig } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import type { Manifest, Parent } from '../../core/contract/plugin.ts';
import type { GatewayError } from '../../core/errors.ts';

/** A plugin that was found, or the reason it cannot be used. None of its code has run. */
export interface DiscoveredPlugin {
  /** The plugin's id, or the folder's name if there is no manifest. */
  readonly id: string;
  readonly origin: string;
  readonly config: PluginConfig;
  readonly manifest?: Manifest;
  readonly adapter?: Adapter;
  readonly error?: GatewayError;
  /** The plugin should guard the calls of others, but cannot. */
  readonly guards?: boolean;
  /** The plugin that yields it; it is disabled with that one. */
  readonly parent?: Parent;
}

/**
 * Decides whether a discovered plugin may be opened: undefined, or the reason it may not. An error means that this cannot
 * be decided: the plugin is not opened, but stays open if it already is.
 */
export type Admit = (found: DiscoveredPlugin) => string | GatewayError | undefined;
