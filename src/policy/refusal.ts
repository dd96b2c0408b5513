import type { GatewayError } from '../core/errors.ts';
import type { DiscoveredPlugin } from '../registry/discovery/discovered-plugin.ts';
import type { Enablement } from './enablement.ts';
import type { Policy } from './policy.ts';

/** Why a plugin may not be opened; undefined if it may. A plugin that others bring is disabled with each of them. */
export function refusalOf(
  item: DiscoveredPlugin,
  policy: Pick<Policy, 'admit'>,
  enablement: Enablement,
): string | GatewayError | undefined {
  const own = policy.admit(item) ?? enablement.refusal(item.id);
  if (own !== undefined) return own;
  for (let { parent } = item; parent; parent = parent.parent) {
    const above = enablement.refusal(parent.id);
    if (above !== undefined) return typeof above === 'string' ? `an administrator disabled the plugin "${parent.id}"` : above;
  }
  return undefined;
}
