import { getHeapStatistics } from 'node:v8';

const LOOK_MS = 500;
const FULL = 0.85;

/** Monitors the heap. `full()` is true above 85 % of its limit, so that new work can be rejected before it runs out. */
export function createMemoryMonitor(): { full(): boolean; stop(): void } {
  let full = false;
  const timer = setInterval(() => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    full = used > limit * FULL;
  }, LOOK_MS).unref();
  return { full: () => full, stop: () => clearInterval(timer) };
}
