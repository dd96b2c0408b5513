const MAX_TRIES = 3;

/** Limits the start attempts of a worker that does not respond: at most 3, within the time limit of one. Times in milliseconds. */
export interface Tries {
  /** Begins an attempt; returns how long it may take. */
  begin(): number;
  /** Whether the failed attempt was the last: another one of its duration would exceed the limit. */
  wasLast(): boolean;
}

/** Starts counting with the first attempt. */
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
