import type { Caller } from '../../../core/contract/caller.ts';
import { DEFAULT_PROFILE } from '../../../core/contract/caller.ts';
import { GatewayError } from '../../../core/errors.ts';
import type { View } from '../../../gateway/view/view.ts';
import type { PluginStatus } from '../../../registry/plugin-status.ts';
import type { ConsoleApp } from '../../parts.ts';

/** The plugin with this id. Throws NOT_FOUND. */
export function pluginOf({ registry }: Pick<ConsoleApp, 'registry'>, id: string): PluginStatus {
  const status = registry.plugins().find((plugin) => plugin.id === id);
  if (!status) throw new GatewayError('NOT_FOUND', `There is no plugin "${id}".`);
  return status;
}

/** The caller that stands for a person at the console in a profile. Throws NOT_FOUND for an unknown profile. */
export function callerOf({ gateway }: Pick<ConsoleApp, 'gateway'>, principal: string, profile: string = DEFAULT_PROFILE): Caller {
  if (!gateway.hasProfile(profile)) throw new GatewayError('NOT_FOUND', `There is no profile "${profile}".`);
  return { principal, profile, scopes: [] };
}

/** What clients of a profile see. Throws NOT_FOUND for an unknown profile. */
export function viewOf(app: Pick<ConsoleApp, 'gateway'>, principal: string, profile?: string): View {
  return app.gateway.view(callerOf(app, principal, profile));
}
