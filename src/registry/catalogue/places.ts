import type { Manifest } from '../../core/contract/plugin.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { Tool } from '../../core/contract/tool.ts';
import { qualify, viewsOf } from './addresses.ts';

/** One registered resource or template. `own` is the plugin's address; `address` adds the plugin id if two plugins share it. */
export interface ResourceEntry<R extends Resource | ResourceTemplate = Resource> {
  readonly address: string;
  readonly own: string;
  readonly plugin: Manifest;
  readonly resource: R;
}

/** All readable things by their public addresses. */
export interface Places {
  readonly resources: ReadonlyMap<string, ResourceEntry>;
  readonly templates: ReadonlyMap<string, ResourceEntry<ResourceTemplate>>;
  /** Views that tools name but no plugin lists, by their public addresses. */
  readonly views: ReadonlyMap<string, { readonly plugin: Manifest; readonly own: string }>;
  /** Public addresses by plugin id and own address, if they differ. */
  readonly renamed: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** One plugin's resources and templates, and its tools, which may name views. */
interface Readable {
  readonly manifest: Manifest;
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  readonly tools: readonly { readonly tool: Tool }[];
}

interface Place<T> {
  readonly plugin: Manifest;
  readonly own: string;
  readonly item: T;
}

/** Assigns public addresses. If plugins share one, all of them get their id added, so the result does not depend on the order. */
export function placesOf(all: readonly Readable[]): Places {
  const resources = all.flatMap(({ manifest, resources }) => resources.map((item) => ({ plugin: manifest, own: item.uri, item })));
  const templates = all.flatMap(({ manifest, templates }) => templates.map((item) => ({ plugin: manifest, own: item.uriTemplate, item })));
  const views = all.flatMap(({ manifest, tools }) =>
    tools.flatMap(({ tool }) => viewsOf(tool).map((own) => ({ plugin: manifest, own, item: undefined }))),
  );
  const shared = sharedOf([...resources, ...views]);
  const sharedTemplates = sharedOf(templates);
  const renamed = new Map<string, Map<string, string>>();
  const addressOf = ({ plugin, own }: Place<unknown>, among: ReadonlySet<string>): string => {
    if (!among.has(own)) return own;
    const address = qualify(plugin.id, own);
    const ofPlugin = renamed.get(plugin.id) ?? new Map<string, string>();
    renamed.set(plugin.id, ofPlugin.set(own, address));
    return address;
  };
  const entries = <R extends Resource | ResourceTemplate>(places: readonly Place<R>[], among: ReadonlySet<string>) =>
    new Map(
      places.map((place): [string, ResourceEntry<R>] => {
        const { plugin, own, item } = place;
        const address = addressOf(place, among);
        return [address, { address, own, plugin, resource: item }];
      }),
    );
  const listed = entries(resources, shared);
  return {
    resources: listed,
    templates: entries(templates, sharedTemplates),
    views: new Map(
      views.flatMap((place) => {
        const address = addressOf(place, shared);
        return listed.has(address) ? [] : [[address, { plugin: place.plugin, own: place.own }] as const];
      }),
    ),
    renamed,
  };
}

function sharedOf(places: readonly Place<unknown>[]): ReadonlySet<string> {
  const owners = new Map<string, string>();
  const shared = new Set<string>();
  for (const { plugin, own } of places) {
    const owner = owners.get(own);
    if (owner === undefined) owners.set(own, plugin.id);
    else if (owner !== plugin.id) shared.add(own);
  }
  return shared;
}
