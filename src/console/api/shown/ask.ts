import type { Caller } from '../../../core/contract/caller.ts';
import { DEFAULT_PROFILE } from '../../../core/contract/caller.ts';
import type { View } from '../../../gateway/view/view.ts';
import type { PluginStatus } from '../../../registry/plugin-status.ts';
import type { ConsoleApp } from '../../parts.ts';
import { unknownName } from './unknown.ts';

/** The plugin with this id. Throws NOT_FOUND. */
export function pluginOf({ registry }: Pick<ConsoleApp, 'registry'>, id: string): PluginStatus {
  const status = registry.plugins().find((plugin) => plugin.id === id);
  if (!status)
    throw unknownName(
      'plugin',
      id,
      registry.plugins().map((plugin) => plugin.id),
    );
  return status;
}

/** The caller that stands for a person at the console in a profile. Throws NOT_FOUND for an unknown profile. */
export function callerOf(
  { gateway, policy }: Pick<ConsoleApp, 'gateway' | 'policy'>,
  principal: string,
  profile: string = DEFAULT_PROFILE,
): Caller {
  if (!gateway.hasProfile(profile)) throw unknownName('profile', profile, policy().profiles());
  return { principal, profile, scopes: [] };
}

/** What clients of a profile see. Throws NOT_FOUND for an unknown profile. */
export function viewOf(app: Pick<ConsoleApp, 'gateway' | 'policy'>, principal: string, profile?: string): View {
  return app.gateway.view(callerOf(app, principal, profile));
}
