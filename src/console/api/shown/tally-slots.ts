import type { Slot } from '../../../gateway/stats/slots.ts';
import type { TallySlot } from '../types.ts';

/** A slot of the tally; `unitMs` is its length. */
export function toTallySlot({ number, calls, failed, buckets }: Slot, unitMs: number): TallySlot {
  return { at: number * unitMs, calls, failed, ms: buckets };
}
