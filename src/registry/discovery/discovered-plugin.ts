import type { PluginConfig } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import type { GatewayError } from '../../core/errors.ts';

/** A plugin that was found, or why it could not be used; nothing of it has run. */
export interface DiscoveredPlugin {
  /** The plugin's id, or the folder's name where there is no manifest. */
  readonly id: string;
  readonly origin: string;
  readonly config: PluginConfig;
  readonly manifest?: Manifest;
  readonly adapter?: Adapter;
  readonly error?: GatewayError;
  /** It should guard the calls of others and cannot. */
  readonly guards?: boolean;
}
