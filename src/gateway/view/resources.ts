import type { ResourceContents } from '../../core/contract/content.ts';
import type { ReadResult } from '../../core/contract/resource.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json/json.ts';
import { escapeHidden } from '../../core/text/hidden.ts';
import { mapTexts } from '../../core/text/map-texts.ts';
import { admitRead } from '../call/admit.ts';
import type { Call } from '../call/call.ts';
import { toPluginFailed } from '../call/plugin-errors.ts';
import type { OutputLimits } from '../result/check-result.ts';
import { type Addresses, fitting } from './addresses.ts';
import type { HandedOut, Origin } from './handed-out.ts';
import { findSkill } from './skills.ts';
import type { View } from './view.ts';

/** The dependencies for reading resources. */
export interface ReadingRules {
  readonly limits: OutputLimits;
  /** A copy without secrets. */
  mask(contents: readonly ResourceContents[]): readonly ResourceContents[];
  readonly addresses: Addresses;
  readonly handedOut: HandedOut;
  /** Whether hidden characters in the contents of a plugin are escaped. */
  cleans(pluginId: string): boolean;
}

/** The most characters of an untrusted address in an error. */
const MAX_SHOWN = 2_048;

/** Reads a resource by its public address: a listed one, one that the caller received, one of a template, or a tool's view. */
export async function readResource(address: string, view: View, call: Call, rules: ReadingRules): Promise<ReadResult> {
  const finish = (pluginId: string, given: readonly ResourceContents[] | ReadResult): ReadResult => {
    const read = rules.addresses.inRead(admitRead(given, rules.limits), { pluginId, caller: call.caller });
    return rules.cleans(pluginId) ? { ...read, contents: read.contents.map(cleanContents) } : read;
  };
  const entry = view.resources.get(address);
  if (entry) {
    const given = await toPluginFailed(entry.plugin.id, () => entry.resource.read(call));
    const read = finish(entry.plugin.id, given);
    return entry.resource.masked === true ? { ...read, contents: rules.mask(read.contents) } : read;
  }
  const origin = rules.handedOut.find(call.caller, address) ?? viewOf(address, view);
  const reader = origin && view.readers.get(origin.pluginId);
  if (reader) return finish(origin.pluginId, await toPluginFailed(origin.pluginId, () => reader.read(origin.uri, call)));
  for (const { plugin, resource, uri, values } of fitting(address, view.templates)) {
    const contents = await toPluginFailed(plugin.id, () => resource.read(uri, values, call));
    if (contents) return finish(plugin.id, contents);
  }
  throw new GatewayError('INVALID_PARAMS', 'Unknown resource address.', { field: 'uri', uri: address.slice(0, MAX_SHOWN) });
}

/** The plugin of a resource, and its own address. `handed`: the origin, if the caller received this address. */
export function ownerOf(address: string, view: View, handed: Origin | undefined): Origin | undefined {
  const skill = findSkill(address, view);
  if (skill) return { pluginId: skill.entry.plugin.id, uri: address };
  const listed = view.resources.get(address);
  if (listed) return { pluginId: listed.plugin.id, uri: listed.own };
  const origin = handed ?? viewOf(address, view);
  if (origin && view.readers.has(origin.pluginId)) return origin;
  for (const { plugin, uri } of fitting(address, view.templates)) return { pluginId: plugin.id, uri };
  return undefined;
}

/** The ids of plugins that may own an address: by list, by origin, by a tool's view, or by a matching template. */
export function ownersOf(address: string, view: View, handed: Origin | undefined): string[] {
  const skill = findSkill(address, view);
  if (skill) return [skill.entry.plugin.id];
  const listed = view.resources.get(address);
  if (listed) return [listed.plugin.id];
  const origin = handed ?? viewOf(address, view);
  if (origin && view.readers.has(origin.pluginId)) return [origin.pluginId];
  return [...fitting(address, view.templates)].map(({ plugin }) => plugin.id);
}

function viewOf(address: string, { views }: View): Origin | undefined {
  const named = views.get(address);
  return named && { pluginId: named.plugin.id, uri: named.own };
}

// The URI must stay the requested one.
function cleanContents(contents: ResourceContents): ResourceContents {
  return { ...(mapTexts(contents as unknown as JsonValue, escapeHidden) as unknown as ResourceContents), uri: contents.uri };
}
