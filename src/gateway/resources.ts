import type { ResourceContents } from '../core/content.ts';
import { GatewayError } from '../core/errors.ts';
import { escapeHidden } from '../core/hidden.ts';
import type { JsonValue } from '../core/json.ts';
import { mapTexts } from '../core/map-texts.ts';
import type { Catalogue } from '../registry/catalogue.ts';
import { admitContents } from './admit.ts';
import type { Call } from './call.ts';
import { guard } from './guard.ts';
import type { OutputLimits } from './output.ts';
import { matchTemplate } from './templates.ts';
import type { View } from './views.ts';

/** What holds for the contents of resources. */
export interface ReadingRules {
  readonly limits: OutputLimits;
  /** A copy without secrets. */
  mask(contents: readonly ResourceContents[]): readonly ResourceContents[];
  /** Whether hidden characters in what a plugin returns are written out. */
  cleans(pluginId: string): boolean;
}

/** Addresses are foreign text; an error tells one only so far. */
const MOST_SHOWN = 2_048;

/** Reads a resource by its public address: a listed one, or one that a template describes. */
export async function readResource(address: string, view: View, call: Call, rules: ReadingRules): Promise<readonly ResourceContents[]> {
  const finish = (pluginId: string, prefix: string, given: readonly ResourceContents[]): readonly ResourceContents[] => {
    const contents = admitContents(given, rules.limits);
    return toPublic(rules.cleans(pluginId) ? contents.map(cleanContents) : contents, prefix);
  };
  const entry = view.resources.get(address);
  if (entry) {
    const contents = await guard(entry.plugin.id, () => entry.resource.read(call));
    return finish(entry.plugin.id, entry.prefix, entry.resource.masked === true ? rules.mask(contents) : contents);
  }
  for (const { plugin, prefix, resource, uri, values } of matching(address, view.templates)) {
    const contents = await guard(plugin.id, () => resource.read(uri, values, call));
    if (contents) return finish(plugin.id, prefix, contents);
  }
  throw new GatewayError('INVALID_PARAMS', 'There is no resource of that address.', { field: 'uri', uri: address.slice(0, MOST_SHOWN) });
}

/** Whose resource an address is, listed or fitting a template, and the plugin's own address of it. */
export function ownerOf(address: string, view: View): { readonly pluginId: string; readonly uri: string } | undefined {
  const listed = view.resources.get(address);
  if (listed) return { pluginId: listed.plugin.id, uri: address.slice(listed.prefix.length) };
  for (const { plugin, uri } of matching(address, view.templates)) return { pluginId: plugin.id, uri };
  return undefined;
}

/** The public address of a plugin's own resource; undefined where it offers none such. */
export function publicAddress({ resources, templates }: Catalogue, pluginId: string, uri: string): string | undefined {
  for (const { address, prefix, plugin } of resources.values()) if (plugin.id === pluginId && address === prefix + uri) return address;
  for (const { prefix, plugin, resource } of templates.values()) {
    if (plugin.id === pluginId && matchTemplate(resource.uriTemplate, uri)) return prefix + uri;
  }
  return undefined;
}

function* matching(address: string, templates: View['templates']) {
  for (const { plugin, prefix, resource } of templates.values()) {
    if (!address.startsWith(prefix)) continue;
    const uri = address.slice(prefix.length);
    const values = matchTemplate(resource.uriTemplate, uri);
    if (values) yield { plugin, prefix, resource, uri, values };
  }
}

// The address stays what the client asked for.
function cleanContents(contents: ResourceContents): ResourceContents {
  return { ...(mapTexts(contents as unknown as JsonValue, escapeHidden) as unknown as ResourceContents), uri: contents.uri };
}

function toPublic(contents: readonly ResourceContents[], prefix: string): readonly ResourceContents[] {
  return prefix === '' ? contents : contents.map((c) => ({ ...c, uri: prefix + c.uri }));
}
