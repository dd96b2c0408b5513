/** A promise with its resolve function. */
export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

/** Creates a pending promise. */
export function deferred(): Deferred {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

/** Resolves when `done` resolves, at the latest after `ms` milliseconds. `done` must not reject. */
export function within(ms: number, done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
