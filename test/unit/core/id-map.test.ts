import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdMap } from '../../../src/core/id-map.ts';
import { leftBehind } from '../../support/heap.ts';

const id = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((n) => n * 16),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1),
);
const step = fc.record({ id, adds: fc.boolean() });

describe('IdMap', () => {
  it('holds what a map holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ids = new IdMap<number>();
        const map = new Map<number, number>();
        steps.forEach((one, value) => {
          if (one.adds) {
            ids.set(one.id, value);
            map.set(one.id, value);
          } else expect(ids.delete(one.id)).toBe(map.delete(one.id));
          expect(ids.size).toBe(map.size);
        });
        for (const one of steps) {
          expect(ids.get(one.id)).toBe(map.get(one.id));
          expect(ids.has(one.id)).toBe(map.has(one.id));
        }
        expect(ids.entries()).toEqual([...map].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('holds nothing for numbers that are no ids', () => {
    const ids = new IdMap<number>();
    ids.set(1, 1);
    for (const other of [-1, 1.5, Number.NaN])
      expect([ids.has(other), ids.get(other), ids.delete(other)]).toEqual([false, undefined, false]);
  });

  it('is empty after clear and can be used again', () => {
    const ids = new IdMap<string>();
    for (let i = 0; i < 100; i++) ids.set(i, `value ${i}`);
    ids.clear();
    expect([ids.size, ids.get(5), ids.entries()]).toEqual([0, undefined, []]);
    ids.set(5, 'again');
    expect(ids.entries()).toEqual([[5, 'again']]);
  });

  // 3,000 values of 8 KB, of which eight are there at a time.
  it('keeps nothing of what was removed, without a full collection', async () => {
    const ids = new IdMap<object>();
    const pass = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        ids.set(i, new Array(1_000).fill(i));
        ids.delete(i - 8);
      }
    };
    expect(await leftBehind(pass, 3_000)).toBeLessThan(8_000_000);
  });
});
