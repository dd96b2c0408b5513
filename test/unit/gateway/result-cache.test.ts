import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import { textResult } from '../../../src/core/contract/content.ts';
import type { CacheRule } from '../../../src/core/contract/tool.ts';
import type { Call } from '../../../src/gateway/call/call.ts';
import { cacheKey, createResultCache } from '../../../src/gateway/result/result-cache.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';

describe('createResultCache', () => {
  it('returns a result until it expires', () => {
    let time = 0;
    const cache = createResultCache({ cachedResults: 10, cachedBytes: 100 }, () => time);
    const result = textResult('x');
    cache.set('a', result, 1, 10);
    time = 9;
    expect(cache.get('a')).toBe(result);
    time = 10;
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeUndefined();
  });

  it('evicts the oldest over the limits of count and size', () => {
    const cache = createResultCache({ cachedResults: 3, cachedBytes: 10 });
    const has = (keys: string): string => [...keys].filter((key) => cache.get(key)).join('');
    for (const key of 'abcd') cache.set(key, textResult(key), 1, 1000);
    expect(has('abcd')).toBe('bcd');
    cache.set('e', textResult('e'), 9, 1000);
    expect(has('abcde')).toBe('de');
    cache.set('f', textResult('f'), 11, 1000);
    expect(has('def')).toBe('de');
    cache.set('e', textResult('e'), 1, 1000);
    cache.set('g', textResult('g'), 8, 1000);
    expect(has('deg')).toBe('deg');
  });
});

describe('cacheKey', () => {
  const tool = (name = 'read', digest = '1') => ({ entry: { plugin: { id: 'p', digest }, tool: { name } } }) as unknown as VisibleTool;
  const call = (session = 's', profile = 'default', principal = 'local') =>
    ({ caller: { ...localCaller(profile), principal }, session }) as unknown as Call;
  const rule: CacheRule = { ttlMs: 1 };

  it('is the same for equal arguments of one session, in any notation', async () => {
    expect(await cacheKey(rule, tool(), { a: 1, b: 2 }, call())).toBe(await cacheKey(rule, tool(), { b: 2, a: 1 }, call()));
  });

  it('differs for any other call', async () => {
    const keys = await Promise.all([
      cacheKey(rule, tool(), {}, call()),
      cacheKey(rule, tool(), { a: 1 }, call()),
      cacheKey(rule, tool('write'), {}, call()),
      cacheKey(rule, tool('read', '2'), {}, call()),
      cacheKey(rule, tool(), {}, call('t')),
      cacheKey(rule, tool(), {}, call('s', 'other')),
      cacheKey(rule, tool(), {}, call('s', 'default', 'other')),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is the tool's own key, and undefined if the tool returns none or fails", async () => {
    const own = (key: CacheRule['key']) => cacheKey({ ttlMs: 1, ...(key ? { key } : {}) }, tool(), { a: 1 }, call());
    expect(await own(() => 'x')).toBe(await own(async () => 'x'));
    expect(await own(() => undefined)).toBeUndefined();
    expect(await own(async () => Promise.reject(new Error('no')))).toBeUndefined();
    expect(
      await own(() => {
        throw new Error('no');
      }),
    ).toBeUndefined();
  });
});
