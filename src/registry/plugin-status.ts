import type { AdminDetails } from '../core/contract/admin.ts';
import type { Manifest, Offer, Parent, Plugin, PluginState, Problem } from '../core/contract/plugin.ts';
import type { PluginRun } from '../core/contract/process.ts';
import type { Skill } from '../core/contract/skill.ts';
import { GatewayError, thrownText } from '../core/errors.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { DiscoveredPlugin } from './discovery/discovered-plugin.ts';
import type { RejectedTool, VettedTools } from './offer/tools.ts';
import type { VettedOffer } from './offer/vetted-offer.ts';
import { problemsOf } from './problems.ts';
import { describeWithheld } from './withheld.ts';

/** The state of one plugin, as shown to operators. */
export interface PluginStatus {
  readonly id: string;
  readonly alias?: string | undefined;
  readonly logName?: string | undefined;
  readonly adapter?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly version?: string | undefined;
  readonly origin: string;
  /** The plugin that brings it. */
  readonly parent?: Parent | undefined;
  /** Files and folders to watch: a change in them may change the plugin. */
  readonly watch: readonly string[];
  readonly state: 'disabled' | 'needs-config' | PluginState;
  readonly error?: GatewayError | undefined;
  /** When it entered its state, in milliseconds since 1970. */
  readonly since?: number;
  /** How its process runs; absent if it never had one. */
  readonly run?: PluginRun | undefined;
  readonly unselected?: readonly string[] | undefined;
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  readonly quarantined: readonly RejectedTool[];
  /** Which tools are not served and why, in one line; undefined if all are served. */
  readonly withheld?: string | undefined;
  readonly triggers: Offer['triggers'];
  readonly facts: JsonObject;
  readonly adminDetails: AdminDetails;
  /** The settings that the plugin declares, as it wrote them. */
  readonly settings?: JsonObject | undefined;
  readonly settingsAt?: readonly string[] | undefined;
}

/** The error for calls to a plugin that is not available. */
export function toUnavailable({ id, error }: Pick<PluginStatus, 'id' | 'error'>): GatewayError {
  const why = error?.message.replace(/[.!?]$/, '') ?? 'it is still starting';
  const fix = error === undefined ? {} : { fix: error.idle.fix, cause: error };
  return new GatewayError('PLUGIN_UNAVAILABLE', `Plugin "${id}" is unavailable: ${why}.`, { plugin: id, ...fix });
}

/** Whether the plugin was started but does not serve. */
export function hasFailed({ state, error }: Pick<PluginStatus, 'state' | 'error'>): boolean {
  return state === 'failed' || (state === 'restarting' && error !== undefined);
}

/** The problems that the plugin's own `check` reports, and skills with too many files. */
export async function checkPlugin(plugin: Plugin): Promise<readonly Problem[]> {
  try {
    return [...((await plugin.check?.()) ?? []), ...(await excessOf(plugin.offer()?.skills ?? []))];
  } catch (error) {
    return [{ code: 'PLUGIN_FAILED', subject: 'check', message: `The check failed: ${thrownText(error)}` }];
  }
}

async function excessOf(skills: readonly Skill[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { name, excess } of skills) {
    const why = await excess?.();
    if (why !== undefined)
      problems.push({
        code: 'MANIFEST_INVALID',
        subject: name,
        message: `The skill has ${why}. Clients get no list of its files, so they cannot verify them.`,
        fix: 'Move files that it does not need out of its folder.',
      });
  }
  return problems;
}

/** Wraps anything a plugin threw as PLUGIN_FAILED, unless it is a GatewayError. */
export function asFailure(error: unknown, plugin: string): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('PLUGIN_FAILED', thrownText(error), { plugin, cause: error });
}

/** The manifest, with the version from the offer if it differs. */
export function withVersion(manifest: Manifest, offer: Offer | undefined): Manifest {
  return offer?.version === undefined || offer.version === manifest.version ? manifest : { ...manifest, version: offer.version };
}

/** The part of a status that comes from the manifest and the offer. */
export function toStatus(
  manifest: Manifest | undefined,
  { origin, parent }: Pick<DiscoveredPlugin, 'origin' | 'parent'>,
  { clean, tools }: VettedOffer,
): Omit<PluginStatus, 'id' | 'state' | 'error'> {
  const offer = clean?.offer;
  return {
    alias: manifest?.alias,
    logName: manifest?.logName,
    adapter: manifest?.adapter,
    title: manifest?.title,
    description: manifest?.description,
    version: offer?.version ?? manifest?.version,
    origin,
    ...(parent ? { parent } : {}),
    watch: manifest?.watch ?? (origin === '' ? [] : [origin]),
    unselected: manifest?.unselected,
    needs: offer?.needs ?? [],
    problems: [manifest?.ignored, offer?.problems, clean?.problems, problemsOf(tools)].flatMap((found) => found ?? []),
    quarantined: tools.quarantined,
    withheld: withheldOf(tools),
    triggers: offer?.triggers ?? [],
    facts: offer?.facts ?? {},
    adminDetails: offer?.adminDetails ?? {},
    settings: manifest?.settings ?? offer?.settings,
    settingsAt: manifest?.settingsAt,
  };
}

function withheldOf({ tools, quarantined }: VettedTools): string | undefined {
  return quarantined.length === 0 ? undefined : describeWithheld(tools.length + quarantined.length, quarantined);
}
