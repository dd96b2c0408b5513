/** A wait that can be cut short. */
export interface Pause {
  /** Settles after so many milliseconds, or when it is ended. */
  for(ms: number): Promise<void>;
  /** Ends the wait that goes on. */
  end(): void;
}

/** No wait so far. */
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
