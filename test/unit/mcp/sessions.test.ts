import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LegacyPeer } from '../../../src/mcp/legacy.ts';
import { createSessions, type Session, type Sessions } from '../../../src/mcp/sessions.ts';

const caller = { principal: 'ada', profile: 'default', scopes: [] };
const limits = { sessions: 3, sessionsPerPrincipal: 2, sessionIdleMs: 1_000 };

/** As much of a client as sessions look at. */
function peer(principal = 'ada'): LegacyPeer & { ledger: { size: number } } {
  const ended: string[] = [];
  return { caller: { ...caller, principal }, ledger: { size: 0 }, interrupt: (why: string) => void ended.push(why), ended } as never;
}

let sessions: Sessions;
beforeEach(() => {
  vi.useFakeTimers();
  sessions = createSessions(limits, { opened: () => undefined, ended: () => undefined });
});
afterEach(() => {
  sessions.close();
  vi.useRealTimers();
});

const lives = ({ id }: Session): boolean => sessions.find(id, caller) !== undefined;

describe('Sessions', () => {
  it('end when nobody has used them for the time', { tags: ['session-caps'] }, () => {
    sessions.open(peer());
    vi.advanceTimersByTime(1_000);
    expect(sessions.size).toBe(1);
    vi.advanceTimersByTime(1_001);
    expect(sessions.size).toBe(0);
  });

  it('live while a call is in flight, and for their time after it has ended, whenever that is', { tags: ['session-caps'] }, () => {
    for (const length of [10_001, 10_250, 10_499]) {
      const client = peer();
      client.ledger.size = 1;
      const session = sessions.open(client);
      vi.advanceTimersByTime(length);
      client.ledger.size = 0;
      vi.advanceTimersByTime(1_000);
      expect(sessions.size).toBe(1);
      expect(lives(session)).toBe(true);
      vi.advanceTimersByTime(2_001);
      expect(sessions.size).toBe(0);
    }
  });

  it('are found by their owner alone', { tags: ['T5'] }, () => {
    const { id } = sessions.open(peer());
    expect(sessions.find(id, { ...caller, principal: 'bob' })).toBeUndefined();
    expect(sessions.find(id, { ...caller, profile: 'other' })).toBeUndefined();
    expect(sessions.find(id, caller)).toBeDefined();
  });

  it('are refused beyond the caps, and there is room again when one has ended', { tags: ['session-caps'] }, () => {
    const first = sessions.open(peer());
    sessions.open(peer());
    expect(() => sessions.open(peer())).toThrow('2 sessions');
    sessions.open(peer('bob'));
    expect(() => sessions.open(peer('eve'))).toThrow();
    sessions.end(first, 'over');
    expect(sessions.open(peer())).toBeDefined();
  });
});
