import type { Caller } from '../../core/contract/caller.ts';
import type { Content, ResourceContents, ToolResult } from '../../core/contract/content.ts';
import type { PromptResult } from '../../core/contract/prompt.ts';
import type { ReadResult } from '../../core/contract/resource.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { looksQualified, qualify, renameIn, unqualify } from '../../registry/catalogue/addresses.ts';
import type { Catalogue } from '../../registry/catalogue/catalogue.ts';
import type { HandedOut } from './handed-out.ts';
import { matchTemplate } from './templates.ts';

/** A plugin and the caller that receives its result. */
export interface Giving {
  readonly pluginId: string;
  readonly caller: Caller;
}

/** Replaces a plugin's own addresses in its results by public ones, and notes unlisted ones for later reads. */
export interface Addresses {
  inResult(result: ToolResult, giving: Giving): ToolResult;
  inPrompt(prompt: PromptResult, giving: Giving): PromptResult;
  inRead(read: ReadResult, giving: Giving): ReadResult;
}

/** `current` returns the current catalogue. */
export function createAddresses(current: () => Catalogue, handedOut: HandedOut): Addresses {
  const publicOf = (uri: string, { pluginId, caller }: Giving): string => {
    const catalogue = current();
    const listed = catalogue.renamed.get(pluginId)?.get(uri);
    if (listed !== undefined) return listed;
    if (catalogue.resources.get(uri)?.plugin.id === pluginId) return uri;
    // Without a reader, only addresses of renamed templates can be read under another address.
    if (!catalogue.readers.has(pluginId)) return hasRenamedTemplate(catalogue, pluginId, uri) ? qualify(pluginId, uri) : uri;
    const earlier = handedOut.find(caller, uri);
    const isOthers = isClaimedByOthers(catalogue, pluginId, uri) || (earlier !== undefined && earlier.pluginId !== pluginId);
    const address = isOthers || looksQualified(uri) || hasRenamedTemplate(catalogue, pluginId, uri) ? qualify(pluginId, uri) : uri;
    handedOut.note(caller, address, { pluginId, uri });
    return address;
  };

  const inBlock = (block: Content, giving: Giving): Content => {
    if (block.type === 'resource_link') return withUri(block, publicOf(block.uri, giving));
    if (block.type !== 'resource') return block;
    const resource = inContents(block.resource, giving);
    return resource === block.resource ? block : { ...block, resource };
  };
  const inContents = (contents: ResourceContents, giving: Giving): ResourceContents => withUri(contents, publicOf(contents.uri, giving));
  const inMeta = (meta: JsonObject | undefined, { pluginId }: Giving): JsonObject | undefined => {
    const renamed = meta && current().renamed.get(pluginId);
    return renamed ? renameIn(meta, renamed) : meta;
  };

  return {
    inResult(result, giving) {
      const meta = inMeta(result.meta, giving);
      const content = mapped(result.content, (block) => inBlock(block, giving));
      if (content === result.content && meta === result.meta) return result;
      return { ...result, content, ...(meta === undefined ? {} : { meta }) };
    },
    inPrompt(prompt, giving) {
      const meta = inMeta(prompt.meta, giving);
      const messages = mapped(prompt.messages, (message) => {
        const content = inBlock(message.content, giving);
        return content === message.content ? message : { ...message, content };
      });
      return { ...prompt, messages, ...(meta === undefined ? {} : { meta }) };
    },
    inRead: ({ contents, meta }, giving) => ({
      contents: mapped(contents, (item) => inContents(item, giving)),
      meta: inMeta(meta, giving),
    }),
  };
}

/** The templates that match a public address, with the plugin's own address and the values of the variables. */
export function* fitting(address: string, templates: Catalogue['templates']) {
  for (const { plugin, own, address: pattern, resource } of templates.values()) {
    const uri = pattern === own ? address : unqualify(plugin.id, address);
    const values = uri === undefined ? undefined : matchTemplate(own, uri);
    if (uri !== undefined && values) yield { plugin, resource, uri, values };
  }
}

function isClaimedByOthers({ resources, views, templates }: Catalogue, pluginId: string, uri: string): boolean {
  const owner = resources.get(uri) ?? views.get(uri);
  if (owner && owner.plugin.id !== pluginId) return true;
  for (const { plugin } of fitting(uri, templates)) if (plugin.id !== pluginId) return true;
  return false;
}

function hasRenamedTemplate({ templates }: Catalogue, pluginId: string, uri: string): boolean {
  for (const { plugin, own, address } of templates.values())
    if (plugin.id === pluginId && address !== own && matchTemplate(own, uri)) return true;
  return false;
}

function withUri<T extends { readonly uri: string }>(item: T, uri: string): T {
  return uri === item.uri ? item : { ...item, uri };
}

// Few items contain an address, so the list is copied only if one changes.
function mapped<T>(items: readonly T[], map: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T;
    const other = map(item);
    if (other !== item) changed ??= [...items];
    if (changed) changed[i] = other;
  }
  return changed ?? items;
}
