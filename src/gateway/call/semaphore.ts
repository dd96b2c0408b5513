/** Limits concurrent calls: of one client, of one plugin, or of the whole gateway. */
export interface Semaphore {
  readonly limit: number;
  active: number;
  /** How many of these calls wait for an answer of the user. */
  asking: number;
}

/** A semaphore for at most `limit` calls at once. The limit is read each time, since a reload may change it. */
export function createSemaphore(limit: () => number): Semaphore {
  return {
    active: 0,
    asking: 0,
    get limit() {
      return limit();
    },
  };
}

/** One semaphore for each id, made on first use. */
export function createSemaphores(limitOf: (id: string) => number): (id: string) => Semaphore {
  const byId = new Map<string, Semaphore>();
  return (id) => {
    const existing = byId.get(id);
    if (existing) return existing;
    const semaphore = createSemaphore(() => limitOf(id));
    byId.set(id, semaphore);
    return semaphore;
  };
}

interface Waiter {
  readonly semaphores: readonly Semaphore[];
  resolve(taken: boolean): void;
  timer: NodeJS.Timeout;
}

/** Acquires several semaphores at once, first come, first served. */
export interface SemaphoreQueue {
  /** True if all of them were free and are now acquired. */
  tryAcquire(semaphores: readonly Semaphore[]): boolean;
  /** Waits for all of them; false if they did not become free within `withinMs`. */
  acquire(semaphores: readonly Semaphore[], withinMs: number): Promise<boolean>;
  /** Releases them and wakes waiting calls; with an empty list it only checks whether a limit was raised. */
  release(semaphores: readonly Semaphore[]): void;
  /** Calls that wait. */
  waiting(): number;
}

/** A queue of at most `maxWaiting` calls. */
export function createSemaphoreQueue(maxWaiting: () => number): SemaphoreQueue {
  let waiting: Waiter[] = [];

  const tryAcquire = (semaphores: readonly Semaphore[]): boolean => {
    for (const semaphore of semaphores) if (semaphore.active >= semaphore.limit) return false;
    for (const semaphore of semaphores) semaphore.active++;
    return true;
  };

  return {
    // A call may overtake queued calls that wait for other semaphores.
    tryAcquire,
    waiting: () => waiting.length,
    acquire(semaphores, withinMs) {
      if (waiting.length >= maxWaiting()) return Promise.resolve(false);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          semaphores,
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
