import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import type { LegacyPeer } from '../../../src/mcp/legacy/legacy-peer.ts';
import { createSessions, type HttpSession, type Sessions } from '../../../src/mcp/legacy/sessions.ts';

const caller = { principal: 'ada', profile: 'default', scopes: [] };
const limits = { sessions: 3, sessionsPerPrincipal: 2, sessionIdleMs: 1_000 };

/** The part of a peer that sessions use. */
function peer(principal = 'ada'): LegacyPeer & { replies: { size: number } } {
  const ended: string[] = [];
  return {
    caller: { ...caller, principal },
    replies: { size: 0 },
    interrupt: (why: string) => void ended.push(why),
    unwatch: () => undefined,
    ended,
  } as never;
}

let sessions: Sessions;
let logged: string[];
beforeEach(() => {
  vi.useFakeTimers();
  logged = [];
  const log = { ...silentLog, info: (line: string) => void logged.push(line) };
  sessions = createSessions(limits, { opened: () => undefined, ended: () => undefined }, log);
});
afterEach(() => {
  sessions.close();
  vi.useRealTimers();
});

/** Checks a session without using it. */
const isHeld = ({ peer: client }: HttpSession): boolean => (client as unknown as { ended: string[] }).ended.length === 0;
const lives = ({ id }: HttpSession): boolean => sessions.find(id, caller) !== undefined;

describe('Sessions', () => {
  it('end when they are idle for sessionIdleMs', { tags: ['session-caps'] }, () => {
    sessions.open(peer());
    vi.advanceTimersByTime(1_000);
    expect(sessions.size).toBe(1);
    vi.advanceTimersByTime(1_001);
    expect(sessions.size).toBe(0);
  });

  it('stay while a call is in flight, and for sessionIdleMs after it has ended', { tags: ['session-caps'] }, () => {
    for (const length of [10_001, 10_250, 10_499]) {
      const client = peer();
      client.replies.size = 1;
      const session = sessions.open(client);
      vi.advanceTimersByTime(length);
      client.replies.size = 0;
      vi.advanceTimersByTime(1_000);
      expect(sessions.size).toBe(1);
      expect(lives(session)).toBe(true);
      vi.advanceTimersByTime(2_001);
      expect(sessions.size).toBe(0);
    }
  });

  it('are found only by their owner', { tags: ['T5'] }, () => {
    const { id } = sessions.open(peer());
    expect(sessions.find(id, { ...caller, principal: 'bob' })).toBeUndefined();
    expect(sessions.find(id, { ...caller, profile: 'other' })).toBeUndefined();
    expect(sessions.find(id, caller)).toBeDefined();
  });

  it('of a principal at its limit are evicted: never used ones first, then the longest idle', { tags: ['session-caps'] }, () => {
    const [used, unused] = [sessions.open(peer()), sessions.open(peer())];
    vi.advanceTimersByTime(10);
    expect(lives(used)).toBe(true);
    const third = sessions.open(peer());
    expect([used, unused, third].map(isHeld)).toEqual([true, false, true]);
    expect(lives(third)).toBe(true);
    vi.advanceTimersByTime(10);
    lives(used);
    const fourth = sessions.open(peer());
    expect([used, third, fourth].map(isHeld)).toEqual([true, false, true]);
    expect(logged).toHaveLength(2);
  });

  it('with a call or a stream are never evicted: if none is idle, a new session is rejected', { tags: ['session-caps'] }, () => {
    const [calling, streaming] = [peer(), sessions.open(peer())];
    calling.replies.size = 1;
    const busy = sessions.open(calling);
    const stream = streaming.streams.openStandalone({ write: () => undefined }, false);
    expect(() => sessions.open(peer())).toThrow('no session is idle');
    expect([busy, streaming].map(isHeld)).toEqual([true, true]);
    // Another principal is below its limit, and its sessions are not evicted for this one.
    expect(sessions.open(peer('bob'))).toBeDefined();
    expect(() => sessions.open(peer())).toThrow('no session is idle');
    expect(sessions.size).toBe(3);
    calling.replies.size = 0;
    sessions.open(peer());
    expect([busy, streaming].map(isHeld)).toEqual([false, true]);
    stream.write({ last: true });
  });

  it('of the principal with most of them are evicted at the total limit', { tags: ['session-caps'] }, () => {
    const bob = sessions.open(peer('bob'));
    vi.advanceTimersByTime(10);
    const [older, newer] = [sessions.open(peer()), sessions.open(peer())];
    const eve = sessions.open(peer('eve'));
    expect([bob, older, newer, eve].map(isHeld)).toEqual([true, false, true, true]);
    // All principals have one, so the longest idle session is evicted.
    const mal = sessions.open(peer('mal'));
    expect([bob, newer, eve, mal].map(isHeld)).toEqual([false, true, true, true]);
  });

  it('of a principal with fewer are never evicted for one with more', { tags: ['session-caps'] }, () => {
    const wide = createSessions({ ...limits, sessionsPerPrincipal: 3 }, { opened: () => undefined, ended: () => undefined });
    const bob = wide.open(peer('bob'));
    const busy = [peer(), peer()];
    for (const client of busy) {
      client.replies.size = 1;
      wide.open(client);
    }
    expect(() => wide.open(peer())).toThrow('no session is idle');
    expect(wide.find(bob.id, { ...caller, principal: 'bob' })).toBe(bob);
    wide.close();
  });
});
