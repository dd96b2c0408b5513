import type { Host } from '../core/contract/host.ts';

/** Keeps one value per gateway, created on first use, for plugins of a format that need each other. */
export function perHost<T>(create: () => T): (host: Host) => T {
  const values = new WeakMap<Host, T>();
  return (host) => {
    let value = values.get(host);
    if (value === undefined) {
      value = create();
      values.set(host, value);
    }
    return value;
  };
}
