/** Key-value data of one plugin in the gateway's store. */
export interface PluginStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** Writes if the key does not exist; false if it does. Atomic across gateways. */
  add(key: string, value: string): boolean;
  delete(key: string): void;
  entries(): ReadonlyMap<string, string>;
  readonly secrets: SecretStore;
}

/** Encrypted data of one plugin, which is not listed among its other data. */
export interface SecretStore {
  /** Undefined if there is none, or if it was stored with another key. */
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
}
