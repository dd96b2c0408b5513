/** The longest wait of a timer, in milliseconds (about 24 days): Node fires one that is longer at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A wait that was computed from limits, as a timer can take it. */
export function toTimer(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}
