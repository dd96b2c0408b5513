/** Counts what is in flight in one place: one client, one plugin, or everything. */
export interface Slots {
  readonly most: number;
  active: number;
  /** How many of them wait for a person. */
  asking: number;
}

/** Slots for at most `most` calls at once; read each time, since a reload may change it. */
export function createSlots(most: () => number): Slots {
  return {
    active: 0,
    asking: 0,
    get most() {
      return most();
    },
  };
}

interface Waiter {
  readonly places: readonly Slots[];
  resolve(taken: boolean): void;
  timer: NodeJS.Timeout;
}

/** Hands out slots in the order they were asked for. */
export interface SlotQueue {
  /** True when a slot in every place was free and is now taken. */
  tryTake(places: readonly Slots[]): boolean;
  /** Waits for slots; false when none became free within `withinMs`. */
  take(places: readonly Slots[], withinMs: number): Promise<boolean>;
  /** Gives slots back to those who wait; with none it only looks whether a limit has been raised. */
  release(places: readonly Slots[]): void;
}

/** A queue of at most `longest` waiting calls. */
export function createSlotQueue(longest: () => number): SlotQueue {
  let waiting: Waiter[] = [];

  const tryTake = (places: readonly Slots[]): boolean => {
    for (const place of places) if (place.active >= place.most) return false;
    for (const place of places) place.active++;
    return true;
  };

  return {
    // Whoever waits, waits for a place that is full: a call that needs none of those passes by.
    tryTake,
    take(places, withinMs) {
      if (waiting.length >= longest()) return Promise.resolve(false);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          places,
          resolve,
          timer: setTimeout(() => {
            waiting = waiting.filter((w) => w !== waiter);
            resolve(false);
          }, withinMs),
        };
        waiting.push(waiter);
      });
    },
    release(places) {
      for (const place of places) place.active--;
      if (waiting.length === 0) return;
      waiting = waiting.filter((waiter) => {
        if (!tryTake(waiter.places)) return true;
        clearTimeout(waiter.timer);
        waiter.resolve(true);
        return false;
      });
    },
  };
}
