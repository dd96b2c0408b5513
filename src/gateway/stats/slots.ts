import { BUCKET_COUNT } from './histogram.ts';

/** The calls of one slot of time: its number, counted in slots since 1970, and its calls by bucket of their duration. */
export interface Slot {
  readonly number: number;
  readonly calls: number;
  readonly failed: number;
  readonly buckets: readonly number[];
}

/** Counts calls in the latest slots of time, such as seconds. */
export interface Slots {
  add(number: number, failed: boolean, bucket: number): void;
  /** The slots from a number on that have calls, oldest first. */
  read(from: number): readonly Slot[];
}

const WIDTH = BUCKET_COUNT + 2;

/** Keeps `count` slots in one array of fixed size. */
export function createSlots(count: number): Slots {
  const data = new Uint32Array(count * WIDTH);
  const slotAt = (base: number): Slot => {
    const buckets = Array.from(data.subarray(base + 2, base + WIDTH));
    const calls = buckets.reduce((sum, n) => sum + n, 0);
    return { number: data[base] as number, calls, failed: data[base + 1] as number, buckets };
  };
  let latest = -1;
  let base = 0;

  const moveTo = (number: number): void => {
    latest = number;
    base = (number % count) * WIDTH;
    // If the clock was set back, the slot of the later time counts these calls.
    if ((data[base] as number) >= number) return;
    data.fill(0, base, base + WIDTH);
    data[base] = number;
  };

  return {
    add(number, failed, bucket) {
      // Most calls fall into the slot of the previous one.
      if (number !== latest) moveTo(number);
      if (failed) (data[base + 1] as number)++;
      (data[base + 2 + bucket] as number)++;
    },
    read(from) {
      const slots: Slot[] = [];
      for (let at = 0; at < count; at++) if ((data[at * WIDTH] as number) >= from && data[at * WIDTH] !== 0) slots.push(slotAt(at * WIDTH));
      return slots.sort((a, b) => a.number - b.number);
    },
  };
}
