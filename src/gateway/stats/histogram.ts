/** Upper bounds of the buckets of call times, in milliseconds; one more bucket has no bound. */
export const BUCKET_MS: readonly number[] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

/** The number of buckets. */
export const BUCKET_COUNT = BUCKET_MS.length + 1;

const [A, B, C, D, E, F, G, H, I, J, K] = BUCKET_MS as unknown as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  // Comparisons in a tree cost less than a loop, and most calls are short.
  if (ms <= D) return ms <= B ? (ms <= A ? 0 : 1) : ms <= C ? 2 : 3;
  if (ms <= H) return ms <= F ? (ms <= E ? 4 : 5) : ms <= G ? 6 : 7;
  return ms <= I ? 8 : ms <= J ? 9 : ms <= K ? 10 : 11;
}

/** The duration below which a share (0 to 1) of the counted calls is, estimated within its bucket; undefined without calls. */
export function percentile(buckets: ArrayLike<number>, share: number): number | undefined {
  let total = 0;
  for (let at = 0; at < BUCKET_COUNT; at++) total += buckets[at] ?? 0;
  if (total === 0) return undefined;
  let left = share * total;
  for (let at = 0; at < BUCKET_COUNT; at++) {
    const count = buckets[at] ?? 0;
    if (count === 0 || left > count) {
      left -= count;
      continue;
    }
    const low = at === 0 ? 0 : (BUCKET_MS[at - 1] as number);
    const high = BUCKET_MS[at] ?? low;
    return Math.round((low + (high - low) * (left / count)) * 10) / 10;
  }
  return BUCKET_MS.at(-1);
}
