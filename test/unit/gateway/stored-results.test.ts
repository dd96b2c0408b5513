import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStoredResults } from '../../../src/gateway/result/stored-results.ts';

const who = (principal: string) => ({ principal, profile: 'default', scopes: [] });
const texts = (size: number) => [{ text: 'x'.repeat(size), mimeType: 'text/plain' }];

describe('createStoredResults', () => {
  it('evicts results of the principal with the most bytes', { tags: ['kept-shares'] }, () => {
    const store = createStoredResults({ keptBytes: 100, keptMs: 1_000 });
    const bob = store.store(who('bob'), texts(10)) as string;
    const ada = Array.from({ length: 20 }, () => store.store(who('ada'), texts(10)) as string);
    expect(store.read(bob, who('bob'))).toBeDefined();
    expect(ada.filter((uri) => store.read(uri, who('ada')))).toEqual(ada.slice(-9));
    store.store(who('eve'), texts(20));
    expect(store.read(bob, who('bob'))).toBeDefined();
    expect(ada.filter((uri) => store.read(uri, who('ada')))).toEqual(ada.slice(-7));
  });

  it('always stores the newest, and never more than the limit', { tags: ['kept-shares'] }, () => {
    const item = fc.tuple(fc.constantFrom('ada', 'bob', 'eve'), fc.integer({ min: 1, max: 120 }));
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (items) => {
        const store = createStoredResults({ keptBytes: 100, keptMs: 1_000 });
        const kept: [string, string, number][] = [];
        for (const [principal, size] of items) {
          const uri = store.store(who(principal), texts(size));
          expect(uri === undefined).toBe(size > 100);
          if (uri === undefined) continue;
          kept.push([uri, principal, size]);
          expect(store.read(uri, who(principal))).toBeDefined();
          const left = kept.filter(([one, owner]) => store.read(one, who(owner)));
          expect(left.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
