import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/**
 * Bytes that remain after `count` steps. After a first full collection, only young objects are collected, once every 50 steps.
 * `pass` runs the steps from `from` to `to`.
 */
export async function leftBehind(pass: (from: number, to: number) => Promise<void>, count: number): Promise<number> {
  const start = 50;
  await pass(0, start);
  gc();
  const before = getHeapStatistics().used_heap_size;
  for (let at = start; at < start + count; at += 50) {
    await pass(at, at + 50);
    gc({ type: 'minor' });
  }
  return getHeapStatistics().used_heap_size - before;
}
