import { GatewayError } from '../core/errors.ts';
import type { Policy } from '../policy/policy.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { Registry } from '../registry/registry.ts';
import type { ToolSwitches } from '../store/tool-switches.ts';
import type { Actor, PluginAdmin } from './plugin-admin.ts';

/** Switches single tools off for a profile. A tool that is off is neither listed, found nor callable in it. */
export interface ToolSwitchAdmin {
  isOff(profile: string, entry: ToolEntry): boolean;
  /** Why a tool cannot be switched: mcp.json leaves it out of the profile. */
  fixed(profile: string, entry: ToolEntry): boolean;
  /** Switches a tool. Recorded. Rejects with FIXED_BY_FILE if mcp.json leaves the tool out. */
  set(profile: string, tool: string, on: boolean, by: Actor): Promise<void>;
}

interface ToolSwitchParts {
  readonly registry: Pick<Registry, 'catalogue'>;
  readonly policy: () => Policy;
  readonly switches: ToolSwitches;
  /** Builds the views again. */
  readonly changed: () => void;
  readonly record: PluginAdmin['record'];
}

/** Creates the switches. */
export function createToolSwitchAdmin({ registry, policy, switches, changed, record }: ToolSwitchParts): ToolSwitchAdmin {
  const fixed: ToolSwitchAdmin['fixed'] = (profile, entry) => policy().decide(entry, { principal: '', profile, scopes: [] }) === undefined;
  return {
    isOff: switches.isOff,
    fixed,
    async set(profile, name, on, by) {
      const action = { action: on ? 'switch-on' : 'switch-off', tool: name, profile };
      try {
        const { tools, withheld } = registry.catalogue();
        const entry = tools.get(name) ?? withheld.get(name)?.entry;
        if (!entry || !policy().hasProfile(profile))
          throw new GatewayError('NOT_FOUND', `There is no tool "${name}" in the profile "${profile}".`);
        if (fixed(profile, entry))
          throw new GatewayError('FIXED_BY_FILE', `mcp.json leaves the tool "${name}" out of the profile "${profile}".`, { tool: name });
        switches.set(profile, entry, on, by.principal);
      } catch (error) {
        await record(by, { ...action, outcome: 'error', ...(error instanceof GatewayError ? { code: error.code } : {}) });
        throw error;
      }
      changed();
      await record(by, { ...action, outcome: 'ok' });
    },
  };
}
