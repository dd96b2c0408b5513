import { createHash } from 'node:crypto';
import type { HostLimits } from '../core/contract/host.ts';
import { GatewayError } from '../core/errors.ts';
import type { DiscoveredPlugin } from './discovery/discovered-plugin.ts';

/** The limits that a plugin process receives when it starts; all others are read on use. */
const STARTED_WITH: readonly (keyof HostLimits)[] = ['resultBytes', 'pluginStopMs', 'unresponsiveMs', 'hungMs'];

/** Changes whenever a plugin must be reopened: its files, the configuration it depends on, or the reason it is refused. */
export function digestOf(
  { manifest, adapter, config, error, origin }: DiscoveredPlugin,
  refused: string | GatewayError | undefined,
  limits: HostLimits,
): string {
  // The keys that are cleared here do not affect the plugin itself.
  const own = { ...config.limits, callTimeoutMs: undefined, resultChars: undefined };
  const behaviour = {
    ...config,
    approval: undefined,
    hints: undefined,
    schemas: undefined,
    fence: undefined,
    results: undefined,
    limits: own,
    servers: undefined,
  };
  const startedWith = (adapter?.startedWith ?? STARTED_WITH).map((name) => limits[name]);
  const text = JSON.stringify([manifest?.digest, manifest?.adapter, origin, behaviour, error?.message, reasonOf(refused), startedWith]);
  return createHash('sha256').update(text).digest('hex');
}

function reasonOf(refused: string | GatewayError | undefined): string | undefined {
  return refused instanceof GatewayError ? refused.code : refused;
}
