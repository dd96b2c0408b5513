const MINUTE_MS = 60_000;

/** So many addresses and so many tokens are counted, so a flood from many addresses takes no memory; the oldest go first. */
const MAX_COUNTED = 4_096;

/** Counts failed logins by the address they came from and by the token that was tried. Right tokens never get here. */
export interface Throttle {
  /** Counts a failure. After too many of them: for how many milliseconds more failures are turned away. */
  failed(address: string, digest: string): number | undefined;
  /** How many addresses and tokens are remembered. */
  readonly size: number;
}

interface Count {
  readonly since: number;
  count: number;
}

/** At most `most()` failures a minute are answered as such; `now` is in milliseconds and only grows. */
export function createThrottle(max: () => number, now: () => number = () => performance.now()): Throttle {
  const addresses = new Map<string, Count>();
  const digests = new Map<string, Count>();

  const countOf = (counts: Map<string, Count>, key: string): Count => {
    const known = counts.get(key);
    if (known && now() - known.since < MINUTE_MS) return known;
    const fresh: Count = { since: now(), count: 0 };
    // Stands last now, since it is the youngest; the first is the oldest.
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
