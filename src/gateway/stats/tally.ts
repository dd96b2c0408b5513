import type { CallEnd } from '../../core/contract/call-outcome.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { BUCKET_COUNT, bucketOf, percentile } from './histogram.ts';
import { createSlots, type Slot, type Slots } from './slots.ts';

/** The calls of one tool since the start. `seconds` is the sum of their durations. */
export interface ToolTally {
  readonly plugin: string;
  readonly tool: string;
  readonly ends: Readonly<Record<CallEnd, number>>;
  readonly buckets: readonly number[];
  readonly seconds: number;
}

/** The calls of one plugin in the last hour; percentiles in milliseconds. */
export interface HourTally {
  readonly calls: number;
  readonly failed: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

/** Counts the finished calls of a gateway. */
export interface Tally {
  /** Counts one call; without an entry, a call of an unknown tool. `time` is in milliseconds since 1970. */
  add(entry: ToolEntry | undefined, end: CallEnd, ms: number, time: number): void;
  /** Every tool that was called; more than 2,000 tools are counted together under the name `other`. */
  tools(): readonly ToolTally[];
  /** The calls of one tool since the start. */
  calls(plugin: string, tool: string): number;
  hour(plugin: string, now: number): HourTally;
  /** Seconds of the last 10 minutes and minutes of the last 24 hours that have calls. */
  seconds(now: number): readonly Slot[];
  minutes(now: number): readonly Slot[];
}

const MAX_TOOLS = 2_000;
const SECONDS = 600;
const MINUTES = 1_440;
const HOUR = 60;
const OTHER = 'other';

interface Counter {
  readonly plugin: string;
  readonly tool: string;
  readonly hour: Slots;
  readonly counts: Record<CallEnd, number>;
  readonly buckets: Float64Array;
  ms: number;
}

/** An empty tally. Each array is made with the first call that needs it. */
export function createTally(): Tally {
  const byEntry = new WeakMap<ToolEntry, Counter>();
  const byName = new Map<string, Counter>();
  const hours = new Map<string, Slots>();
  let seconds: Slots | undefined;
  let minutes: Slots | undefined;

  const hourOf = (plugin: string): Slots => {
    const known = hours.get(plugin) ?? createSlots(HOUR);
    hours.set(plugin, known);
    return known;
  };
  const find = (plugin: string, tool: string): Counter => {
    const name = `${plugin}\n${tool}`;
    const known = byName.get(name);
    if (known) return known;
    if (byName.size >= MAX_TOOLS && tool !== OTHER) return find(plugin, OTHER);
    const counts = { ok: 0, error: 0, refused: 0, cancelled: 0 };
    const counter = { plugin, tool, hour: hourOf(plugin), counts, buckets: new Float64Array(BUCKET_COUNT), ms: 0 };
    byName.set(name, counter);
    return counter;
  };
  // One tool is often called many times in a row.
  let lastEntry: ToolEntry | undefined;
  let lastCounter: Counter | undefined;
  const counterOf = (entry: ToolEntry | undefined): Counter => {
    if (!entry) return find('', '');
    if (lastCounter && entry === lastEntry) return lastCounter;
    const counter = byEntry.get(entry) ?? find(entry.plugin.id, entry.name);
    byEntry.set(entry, counter);
    lastEntry = entry;
    lastCounter = counter;
    return counter;
  };

  return {
    add(entry, end, ms, time) {
      const counter = counterOf(entry);
      const bucket = bucketOf(ms);
      const second = Math.floor(time / 1_000);
      const minute = Math.floor(second / 60);
      const failed = end !== 'ok';
      counter.counts[end]++;
      (counter.buckets[bucket] as number)++;
      counter.ms += ms;
      counter.hour.add(minute, failed, bucket);
      seconds ??= createSlots(SECONDS);
      seconds.add(second, failed, bucket);
      minutes ??= createSlots(MINUTES);
      minutes.add(minute, failed, bucket);
    },
    tools: () =>
      [...byName.values()].map(({ plugin, tool, counts, buckets, ms }) => ({
        plugin,
        tool,
        ends: { ...counts },
        buckets: [...buckets],
        seconds: ms / 1_000,
      })),
    calls(plugin, tool) {
      const { ok = 0, error = 0, refused = 0, cancelled = 0 } = byName.get(`${plugin}\n${tool}`)?.counts ?? {};
      return ok + error + refused + cancelled;
    },
    hour(plugin, now) {
      const slots = hours.get(plugin)?.read(Math.floor(now / 60_000) - HOUR + 1) ?? [];
      const sum = (of: (slot: Slot) => number): number => slots.reduce((total, slot) => total + of(slot), 0);
      const buckets = Array.from({ length: BUCKET_COUNT }, (_, at) => sum((slot) => slot.buckets[at] ?? 0));
      const calls = sum((slot) => slot.calls);
      if (calls === 0) return { calls: 0, failed: 0 };
      const at = (share: number): number => percentile(buckets, share) as number;
      return { calls, failed: sum((slot) => slot.failed), p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    },
    seconds: (now) => seconds?.read(Math.floor(now / 1_000) - SECONDS + 1) ?? [],
    minutes: (now) => minutes?.read(Math.floor(now / 60_000) - MINUTES + 1) ?? [],
  };
}
