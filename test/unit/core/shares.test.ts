import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares } from '../../../src/core/shares.ts';

interface Item {
  readonly owner: string;
  readonly rank: number | undefined;
}

const item = fc.record<Item>({ owner: fc.constantFrom('a', 'b', 'c', 'd'), rank: fc.option(fc.nat(20), { nil: undefined }) });
const asker = fc.constantFrom('a', 'b', 'c', 'd', 'e');

function fill(items: readonly Item[]): Shares<Item> {
  const shares = new Shares<Item>();
  for (const one of items) shares.add(one.owner, one);
  return shares;
}

describe('Shares', () => {
  it('counts the items of each owner', () => {
    fc.assert(
      fc.property(fc.uniqueArray(item, { selector: (one) => one }), fc.nat(10), (items, cut) => {
        const shares = fill(items);
        for (const one of items.slice(0, cut)) shares.delete(one.owner, one);
        for (const one of items.slice(0, cut)) shares.delete(one.owner, one);
        const left = items.slice(cut);
        expect(shares.size).toBe(left.length);
        for (const owner of 'abcde') expect(shares.sizeOf(owner)).toBe(left.filter((one) => one.owner === owner).length);
      }),
    );
  });

  it('selects the lowest rank of one owner', () => {
    fc.assert(
      fc.property(fc.array(item), asker, (items, owner) => {
        const ranks = items.filter((one) => one.owner === owner).flatMap(({ rank }) => rank ?? []);
        const found = fill(items).firstOf(owner, ({ rank }) => rank);
        expect(found?.rank).toBe(ranks.length === 0 ? undefined : Math.min(...ranks));
      }),
    );
  });

  it('selects the lowest rank of the largest owner that is at least as large as the asker', () => {
    fc.assert(
      fc.property(fc.array(item), asker, (items, owner) => {
        const sizeOf = (one: string): number => items.filter((other) => other.owner === one).length;
        const candidates = items.filter((one) => one.rank !== undefined && sizeOf(one.owner) >= sizeOf(owner));
        const largest = Math.max(0, ...candidates.map((one) => sizeOf(one.owner)));
        const ranks = candidates.filter((one) => sizeOf(one.owner) === largest).map(({ rank }) => rank as number);
        const found = fill(items).firstOfLargest(owner, ({ rank }) => rank);
        expect(found?.rank).toBe(ranks.length === 0 ? undefined : Math.min(...ranks));
        if (found) expect(sizeOf(found.owner)).toBe(largest);
      }),
    );
  });
});
