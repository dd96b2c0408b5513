/** Who wants to hear of changes: which addresses of which plugin, however many clients watch each. */
export interface Watches {
  /** Counts one watcher more, until the returned function is called. */
  add(pluginId: string, uri: string): () => void;
}

/** `tell` hears the whole set of a plugin whenever it has changed. */
export function createWatches(tell: (pluginId: string, uris: ReadonlySet<string>) => void): Watches {
  const counts = new Map<string, Map<string, number>>();

  const count = (pluginId: string, uri: string, by: 1 | -1): void => {
    const own = counts.get(pluginId) ?? new Map<string, number>();
    counts.set(pluginId, own);
    const before = own.get(uri) ?? 0;
    if (before + by === 0) own.delete(uri);
    else own.set(uri, before + by);
    if (before === 0 || before + by === 0) tell(pluginId, new Set(own.keys()));
    if (own.size === 0) counts.delete(pluginId);
  };

  return {
    add(pluginId, uri) {
      let watching = true;
      count(pluginId, uri, 1);
      return () => {
        if (watching) count(pluginId, uri, -1);
        watching = false;
      };
    },
  };
}
