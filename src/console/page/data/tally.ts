import { BUCKETS, type TallySlot } from '../../api/types.ts';

/** One step of a chart: seconds since 1970, and null where nothing is known or, for times, nothing was called. */
export interface Series {
  readonly step: number;
  readonly at: readonly number[];
  readonly rate: readonly (number | null)[];
  readonly failed: readonly (number | null)[];
  readonly half: readonly (number | null)[];
  readonly most: readonly (number | null)[];
  readonly nearly: readonly (number | null)[];
}

/** The time below which a share of the calls stays, in milliseconds, from counts per bucket. */
export function percentile(buckets: readonly number[], part: number): number | null {
  const all = buckets.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  const wanted = all * part;
  let below = 0;
  for (const [i, n] of buckets.entries()) {
    if (n > 0 && below + n >= wanted) {
      const low = BUCKETS[i - 1] ?? 0;
      const high = BUCKETS[i] ?? low;
      return low + ((high - low) * (wanted - below)) / n;
    }
    below += n;
  }
  return BUCKETS.at(-1) ?? null;
}

/** Slots as a gapless series. Before `started` and within `gaps` nothing is known: that is not zero. */
export function toSeries(
  slots: readonly TallySlot[],
  span: { step: number; length: number; until: number; started: number; gaps: readonly Gap[] },
): Series {
  const { step, length, started, gaps } = span;
  const last = Math.floor(span.until / step) * step - step;
  const known = new Map(slots.map((slot) => [Math.floor(slot.at / step) * step, slot]));
  const series = { step, at: [] as number[], rate: [], failed: [], half: [], most: [], nearly: [] } as Writable;
  for (let i = length - 1; i >= 0; i--) {
    const at = last - i * step;
    const slot = known.get(at);
    const unknown = slot === undefined && (at + step <= started || gaps.some((gap) => at >= gap.from - step && at < gap.to));
    series.at.push(at / 1000);
    series.rate.push(unknown ? null : ((slot?.calls ?? 0) * 1000) / step);
    series.failed.push(unknown ? null : ((slot?.failed ?? 0) * 1000) / step);
    series.half.push(slot ? percentile(slot.ms, 0.5) : null);
    series.most.push(slot ? percentile(slot.ms, 0.95) : null);
    series.nearly.push(slot ? percentile(slot.ms, 0.99) : null);
  }
  return series;
}
export interface Gap {
  readonly from: number;
  readonly to: number;
}
type Writable = { -readonly [K in keyof Series]: K extends 'step' ? number : K extends 'at' ? number[] : (number | null)[] };

/** All slots as one. */
export function total(slots: readonly TallySlot[]): {
  calls: number;
  failed: number;
  half: number | null;
  most: number | null;
  nearly: number | null;
} {
  const ms = new Array<number>(BUCKETS.length + 1).fill(0);
  let calls = 0;
  let failed = 0;
  for (const slot of slots) {
    calls += slot.calls;
    failed += slot.failed;
    for (const [i, n] of slot.ms.entries()) ms[i] = (ms[i] ?? 0) + n;
  }
  return { calls, failed, half: percentile(ms, 0.5), most: percentile(ms, 0.95), nearly: percentile(ms, 0.99) };
}
