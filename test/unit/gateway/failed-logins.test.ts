import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { createFailedLogins } from '../../../src/gateway/audit/failed-logins.ts';

describe('failed logins', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('are one line per address, reason and minute, with their count', { tags: ['audit-events'] }, () => {
    const lines: JsonObject[] = [];
    const logins = createFailedLogins((fields) => void lines.push(fields));
    for (let i = 0; i < 20; i++) logins.add('10.0.0.1', 'wrong token');
    logins.add('10.0.0.1', 'no bearer token');
    vi.advanceTimersByTime(30_000);
    logins.add('10.0.0.2', 'wrong token');
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(30_000);
    expect(lines).toEqual([
      { address: '10.0.0.1', reason: 'wrong token', count: 20, since: 1_000_000 },
      { address: '10.0.0.1', reason: 'no bearer token', count: 1, since: 1_000_000 },
    ]);
    logins.add('10.0.0.1', 'wrong token');
    logins.close();
    expect(lines.slice(2)).toEqual([
      { address: '10.0.0.2', reason: 'wrong token', count: 1, since: 1_030_000 },
      { address: '10.0.0.1', reason: 'wrong token', count: 1, since: 1_060_000 },
    ]);
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(4);
  });

  it('of very many addresses are counted together', { tags: ['audit-events'] }, () => {
    const lines: JsonObject[] = [];
    const logins = createFailedLogins((fields) => void lines.push(fields));
    for (let i = 0; i < 5_000; i++) logins.add(`10.0.${i >> 8}.${i & 255}`, 'wrong token');
    logins.close();
    expect(lines).toHaveLength(1_001);
    expect(lines.reduce((sum, { count }) => sum + Number(count), 0)).toBe(5_000);
    expect(lines.at(-1)).toMatchObject({ address: 'other addresses', count: 4_000 });
  });
});
