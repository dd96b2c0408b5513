/** Which resources of which plugin clients have subscribed to. */
export interface ResourceSubscriptions {
  /** Adds a subscription to a plugin's own address, by its public one. The returned function removes it. */
  add(pluginId: string, uri: string, address: string): () => void;
  /** The public addresses under which clients subscribed to a plugin's own address. */
  addressesOf(pluginId: string, uri: string): Iterable<string>;
}

/** `setSubscriptions` receives the whole set of a plugin after each change. */
export function createResourceSubscriptions(
  setSubscriptions: (pluginId: string, uris: ReadonlySet<string>) => void,
): ResourceSubscriptions {
  // Number of subscriptions by plugin, own address and public address.
  const counts = new Map<string, Map<string, Map<string, number>>>();

  const count = (pluginId: string, uri: string, address: string, by: 1 | -1): void => {
    const own = counts.get(pluginId) ?? new Map<string, Map<string, number>>();
    counts.set(pluginId, own);
    const subscribers = own.get(uri) ?? new Map<string, number>();
    const isNew = subscribers.size === 0;
    const left = (subscribers.get(address) ?? 0) + by;
    if (left === 0) subscribers.delete(address);
    else subscribers.set(address, left);
    if (subscribers.size === 0) own.delete(uri);
    else own.set(uri, subscribers);
    if (isNew || subscribers.size === 0) setSubscriptions(pluginId, new Set(own.keys()));
    if (own.size === 0) counts.delete(pluginId);
  };

  return {
    add(pluginId, uri, address) {
      let isSubscribed = true;
      count(pluginId, uri, address, 1);
      return () => {
        if (isSubscribed) count(pluginId, uri, address, -1);
        isSubscribed = false;
      };
    },
    addressesOf: (pluginId, uri) => counts.get(pluginId)?.get(uri)?.keys() ?? [],
  };
}
