import type { Manifest } from '../../core/contract/plugin.ts';
import type { Resource, ResourceTemplate } from '../../core/contract/resource.ts';
import type { Tool } from '../../core/contract/tool.ts';
import { qualify, viewsOf } from './addresses.ts';

/** One registered resource or template. Its address names its plugin where two plugins share the one that it has there, `own`. */
export interface ResourceEntry<R extends Resource | ResourceTemplate = Resource> {
  readonly address: string;
  readonly own: string;
  readonly plugin: Manifest;
  readonly resource: R;
}

/** Where everything that can be read stands. */
export interface Places {
  readonly resources: ReadonlyMap<string, ResourceEntry>;
  readonly templates: ReadonlyMap<string, ResourceEntry<ResourceTemplate>>;
  /** Views that tools name and no list holds, by their public addresses. */
  readonly views: ReadonlyMap<string, { readonly plugin: Manifest; readonly own: string }>;
  /** Public addresses that differ from a plugin's own, by plugin; absent where all are the same. */
  readonly renamed: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What one plugin has that can be read, and the tools that may name more. */
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

/** Gives everything its public address. One that two plugins have names its plugin for all of them, so that no order decides who keeps it. */
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
