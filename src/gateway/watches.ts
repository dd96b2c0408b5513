/** Who wants to hear of changes: which addresses of which plugin, however many clients watch each. */
export interface Watches {
  /** Counts one watcher more of a plugin's own address, by its public one, until the returned function is called. */
  add(pluginId: string, uri: string, address: string): () => void;
  /** The public addresses by which something of a plugin is watched. */
  addressesOf(pluginId: string, uri: string): Iterable<string>;
}

/** `tell` hears the whole set of a plugin whenever it has changed. */
export function createWatches(tell: (pluginId: string, uris: ReadonlySet<string>) => void): Watches {
  // Of each plugin the watchers of each address, by the public address that they know.
  const counts = new Map<string, Map<string, Map<string, number>>>();

  const count = (pluginId: string, uri: string, address: string, by: 1 | -1): void => {
    const own = counts.get(pluginId) ?? new Map<string, Map<string, number>>();
    counts.set(pluginId, own);
    const watchers = own.get(uri) ?? new Map<string, number>();
    const isNew = watchers.size === 0;
    const left = (watchers.get(address) ?? 0) + by;
    if (left === 0) watchers.delete(address);
    else watchers.set(address, left);
    if (watchers.size === 0) own.delete(uri);
    else own.set(uri, watchers);
    if (isNew || watchers.size === 0) tell(pluginId, new Set(own.keys()));
    if (own.size === 0) counts.delete(pluginId);
  };

  return {
    add(pluginId, uri, address) {
      let watching = true;
      count(pluginId, uri, address, 1);
      return () => {
        if (watching) count(pluginId, uri, address, -1);
        watching = false;
      };
    },
    addressesOf: (pluginId, uri) => counts.get(pluginId)?.get(uri)?.keys() ?? [],
  };
}
