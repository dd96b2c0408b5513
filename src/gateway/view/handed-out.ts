import type { Caller } from '../../core/contract/caller.ts';

/** A plugin and its own address of a resource. */
export interface Origin {
  readonly pluginId: string;
  readonly uri: string;
}

/** Unlisted resource addresses that callers received, with their plugins. In memory, for an hour, per caller. */
export interface HandedOut {
  /** Records that a caller received an address. */
  note(caller: Caller, address: string, origin: Origin): void;
  find(caller: Caller, address: string): Origin | undefined;
  /** Drops the addresses of some callers. */
  forget(isGone: (caller: Caller) => boolean): void;
}

const MAX_EACH = 10_000;
const MAX_ENTRIES = 100_000;
const MAX_LENGTH = 8 * 1024;
const HOUR_MS = 60 * 60 * 1000;

interface Noted extends Origin {
  readonly since: number;
}

interface Share {
  readonly caller: Caller;
  /** In order of insertion, the oldest first. */
  readonly noted: Map<string, Noted>;
}

/** An empty set; `now` is monotonic, in ms. */
export function createHandedOut(now: () => number = () => performance.now()): HandedOut {
  const shares = new Map<string, Share>();
  let size = 0;
  let sweeps = false;

  const keyOf = ({ principal, profile }: Caller): string => `${profile}\n${principal}`;

  const dropOldest = ({ noted }: Share, isDue: (oldest: Noted) => boolean): void => {
    for (const [address, item] of noted) {
      if (!isDue(item)) return;
      noted.delete(address);
      size--;
    }
  };

  const sweep = (): void => {
    const limit = now() - HOUR_MS;
    for (const [key, share] of shares) {
      dropOldest(share, ({ since }) => since <= limit);
      if (share.noted.size === 0) shares.delete(key);
    }
    sweeps = false;
    if (shares.size > 0) sweepLater();
  };

  const sweepLater = (): void => {
    if (!sweeps) setTimeout(sweep, HOUR_MS).unref();
    sweeps = true;
  };

  // Evicts from the caller with the most addresses, so that no caller can evict those of others.
  const evict = (): void => {
    let largest: Share | undefined;
    for (const share of shares.values()) if (!largest || share.noted.size > largest.noted.size) largest = share;
    const excess = size - MAX_ENTRIES;
    let dropped = 0;
    if (largest) dropOldest(largest, () => dropped++ < excess);
  };

  return {
    note(caller, address, origin) {
      if (address.length > MAX_LENGTH) return;
      const key = keyOf(caller);
      const share = shares.get(key) ?? { caller, noted: new Map() };
      shares.set(key, share);
      const { noted } = share;
      if (noted.delete(address)) size--;
      noted.set(address, { ...origin, since: now() });
      size++;
      if (noted.size > MAX_EACH) dropOldest(share, () => noted.size > MAX_EACH);
      if (size > MAX_ENTRIES) evict();
      sweepLater();
    },
    find(caller, address) {
      const found = shares.get(keyOf(caller))?.noted.get(address);
      return found && found.since > now() - HOUR_MS ? found : undefined;
    },
    forget(isGone) {
      for (const [key, { caller, noted }] of shares) {
        if (!isGone(caller)) continue;
        size -= noted.size;
        shares.delete(key);
      }
    },
  };
}
