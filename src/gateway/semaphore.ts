/** Counts what is in flight in one place: one client, one plugin, or everything. */
export interface Semaphore {
  readonly limit: number;
  active: number;
  /** How many of them wait for a person. */
  asking: number;
}

/** Slots for at most `most` calls at once; read each time, since a reload may change it. */
export function createSemaphore(limit: () => number): Semaphore {
  return {
    active: 0,
    asking: 0,
    get limit() {
      return limit();
    },
  };
}

interface Waiter {
  readonly semaphores: readonly Semaphore[];
  resolve(taken: boolean): void;
  timer: NodeJS.Timeout;
}

/** Hands out slots in the order they were asked for. */
export interface SemaphoreQueue {
  /** True when a slot in every place was free and is now taken. */
  tryAcquire(semaphores: readonly Semaphore[]): boolean;
  /** Waits for slots; false when none became free within `withinMs`. */
  acquire(semaphores: readonly Semaphore[], withinMs: number): Promise<boolean>;
  /** Gives slots back to those who wait; with none it only looks whether a limit has been raised. */
  release(semaphores: readonly Semaphore[]): void;
}

/** A queue of at most `longest` waiting calls. */
export function createSemaphoreQueue(maxWaiting: () => number): SemaphoreQueue {
  let waiting: Waiter[] = [];

  const tryAcquire = (semaphores: readonly Semaphore[]): boolean => {
    for (const semaphore of semaphores) if (semaphore.active >= semaphore.limit) return false;
    for (const semaphore of semaphores) semaphore.active++;
    return true;
  };

  return {
    // Whoever waits, waits for a place that is full: a call that needs none of those passes by.
    tryAcquire: tryAcquire,
    acquire(semaphores, withinMs) {
      if (waiting.length >= maxWaiting()) return Promise.resolve(false);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          semaphores: semaphores,
          resolve,
          timer: setTimeout(() => {
            waiting = waiting.filter((w) => w !== waiter);
            resolve(false);
          }, withinMs),
        };
        waiting.push(waiter);
      });
    },
    release(semaphores) {
      for (const semaphore of semaphores) semaphore.active--;
      if (waiting.length === 0) return;
      waiting = waiting.filter((waiter) => {
        if (!tryAcquire(waiter.semaphores)) return true;
        clearTimeout(waiter.timer);
        waiter.resolve(true);
        return false;
      });
    },
  };
}
