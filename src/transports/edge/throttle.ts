const MINUTE_MS = 60_000;

/** Maximum number of addresses, and of tokens, that are counted. The oldest are evicted first. */
const MAX_COUNTED = 4_096;

/** Counts failed logins by address and by token. Valid tokens are never counted. */
export interface Throttle {
  /** Counts a failure. After too many, returns how many milliseconds further failures are rejected. */
  failed(address: string, digest: string): number | undefined;
  /** Number of counted addresses and tokens. */
  readonly size: number;
}

interface Count {
  readonly since: number;
  count: number;
}

/** Allows `max()` failures per minute. `now` is a monotonic clock in milliseconds. */
export function createThrottle(max: () => number, now: () => number = () => performance.now()): Throttle {
  const addresses = new Map<string, Count>();
  const digests = new Map<string, Count>();

  const countOf = (counts: Map<string, Count>, key: string): Count => {
    const known = counts.get(key);
    if (known && now() - known.since < MINUTE_MS) return known;
    const fresh: Count = { since: now(), count: 0 };
    // Inserted last, so the first entry stays the oldest.
    counts.delete(key);
    counts.set(key, fresh);
    if (counts.size > MAX_COUNTED) counts.delete(counts.keys().next().value as string);
    return fresh;
  };

  return {
    get size() {
      return addresses.size + digests.size;
    },
    failed(address, digest) {
      const both = [countOf(addresses, address), countOf(digests, digest)];
      const full = both.filter(({ count }) => count >= max());
      if (full.length > 0) return Math.max(...full.map(({ since }) => since + MINUTE_MS - now()));
      for (const entry of both) entry.count++;
      return undefined;
    },
  };
}
