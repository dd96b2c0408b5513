const MAX_TRIES = 3;

/** The starts of a worker that never answers: a few, and all of them within the time that one may take. Times in milliseconds. */
export interface Tries {
  /** Begins one; how long it may take. */
  begin(): number;
  /** Whether the one that has just failed was the last: another like it would be too late. */
  wasLast(): boolean;
}

/** Counts from the first start on. */
export function createTries(withinMs: number, now = (): number => performance.now()): Tries {
  let count = 0;
  let first = 0;
  let latest = 0;
  return {
    begin() {
      latest = now();
      if (count++ === 0) first = latest;
      return Math.max(withinMs - (latest - first), 1);
    },
    wasLast: () => count >= MAX_TRIES || now() - first + (now() - latest) >= withinMs,
  };
}
