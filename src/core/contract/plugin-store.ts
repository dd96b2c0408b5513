/** Key-value data of one plugin in the gateway's store. */
export interface PluginStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** Writes if the key does not exist; false if it does. Atomic across gateways. */
  add(key: string, value: string): boolean;
  delete(key: string): void;
  entries(): ReadonlyMap<string, string>;
}
