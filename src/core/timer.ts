/** Longest delay of a timer in milliseconds (about 24 days). Node fires a longer one at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** Clamps a delay to what a timer supports. */
export function toTimer(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}
