/** A delay that can be ended early. */
export interface Pause {
  /** Resolves after `ms` milliseconds, or on `end`. */
  for(ms: number): Promise<void>;
  /** Ends the current delay. */
  end(): void;
}

/** Creates a pause without a current delay. */
export function createPause(): Pause {
  let wake = (): void => undefined;
  return {
    for: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    end: () => wake(),
  };
}
