import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/core/contract/caller.ts';
import { createHandedOut } from '../../../src/gateway/view/handed-out.ts';

const HOUR = 3_600_000;
const callerOf = (principal: string, profile = 'default'): Caller => ({ principal, profile, scopes: [] });
const origin = (uri: string) => ({ pluginId: 'p', uri });

describe('addresses that were handed out', { tags: ['addresses-handed-out'] }, () => {
  it('are kept for an hour, separately for each principal and profile', () => {
    let now = 0;
    const store = createHandedOut(() => now);
    store.note(callerOf('ada'), 'a:b', origin('a:b'));
    expect(store.find(callerOf('ada'), 'a:b')).toMatchObject(origin('a:b'));
    for (const other of [callerOf('bob'), callerOf('ada', 'reader')]) expect(store.find(other, 'a:b')).toBeUndefined();
    now = HOUR - 1;
    expect(store.find(callerOf('ada'), 'a:b')).toBeDefined();
    store.note(callerOf('ada'), 'c:d', origin('c:d'));
    now = HOUR;
    expect(store.find(callerOf('ada'), 'a:b')).toBeUndefined();
    expect(store.find(callerOf('ada'), 'c:d')).toBeDefined();
  });

  it('are limited to the newest 10,000 of each', () => {
    const store = createHandedOut();
    store.note(callerOf('bob'), 'a:0', origin('a:0'));
    for (let i = 0; i < 10_001; i++) store.note(callerOf('ada'), `a:${i}`, origin(`a:${i}`));
    store.note(callerOf('ada'), 'a:1', origin('a:1'));
    store.note(callerOf('ada'), 'a:10001', origin('a:10001'));
    const found = (i: number): boolean => store.find(callerOf('ada'), `a:${i}`) !== undefined;
    expect([0, 1, 2, 3, 10_000, 10_001].map(found)).toEqual([false, true, false, true, true, true]);
    expect(store.find(callerOf('bob'), 'a:0')).toBeDefined();
  });

  it('of one principal are evicted only for the principal with the most', () => {
    const store = createHandedOut();
    store.note(callerOf('ada'), 'a:0', origin('a:0'));
    for (let p = 0; p < 11; p++) for (let i = 0; i < 10_000; i++) store.note(callerOf(`p${p}`), `a:${i}`, origin(`a:${i}`));
    expect(store.find(callerOf('ada'), 'a:0')).toBeDefined();
    expect(store.find(callerOf('p0'), 'a:0')).toBeUndefined();
    expect(store.find(callerOf('p10'), 'a:9999')).toBeDefined();
  });

  it('are not kept if they are too long', () => {
    const store = createHandedOut();
    const long = `a:${'x'.repeat(10_000)}`;
    store.note(callerOf('ada'), long, origin(long));
    expect(store.find(callerOf('ada'), long)).toBeUndefined();
  });
});
