import { describe, expect, it } from 'vitest';
import { createLogRing } from '../../../src/gateway/stats/log-ring.ts';

describe('createLogRing', () => {
  it('keeps one area for each plugin and one for everything else', () => {
    const ring = createLogRing();
    const heard: string[] = [];
    ring.onLine((area, { text }) => heard.push(`${area} ${text}`));
    ring.add(undefined, 'info', 'started');
    ring.add('sessions', 'warn', 'limit reached');
    ring.onLine(undefined);
    ring.add('plugin:notes', 'error', 'broken');
    expect(ring.areas()).toEqual(['gateway', 'plugin:notes']);
    expect(ring.lines('gateway').map(({ level, text }) => [level, text])).toEqual([
      ['info', 'started'],
      ['warn', 'sessions: limit reached'],
    ]);
    expect(ring.lines('plugin:notes')).toEqual([{ seq: 3, time: expect.any(Number), level: 'error', text: 'broken' }]);
    expect(heard).toEqual(['gateway started', 'gateway sessions: limit reached']);
    expect(ring.lines('plugin:other')).toEqual([]);
  });

  it('keeps 2,000 lines or 1 MiB of an area, and counts what it drops', () => {
    const ring = createLogRing();
    for (let n = 0; n < 5_000; n++) ring.add(undefined, 'info', `line ${n}`);
    expect(ring.lines('gateway').length).toBe(2_000);
    expect(ring.lines('gateway')[0]?.text).toBe('line 3000');
    expect(ring.dropped('gateway')).toBe(3_000);
    for (let n = 0; n < 100; n++) ring.add('plugin:loud', 'info', 'x'.repeat(100_000));
    const kept = ring.lines('plugin:loud').reduce((sum, { text }) => sum + text.length * 2, 0);
    expect(kept).toBeGreaterThan(500_000);
    expect(kept).toBeLessThanOrEqual(1024 * 1024);
  });

  it('keeps 16 MiB in all and drops from the largest area first', () => {
    const ring = createLogRing();
    ring.add('plugin:quiet', 'info', 'one line');
    for (let area = 0; area < 20; area++) for (let n = 0; n < 60; n++) ring.add(`plugin:loud${area}`, 'info', 'x'.repeat(16_000));
    const kept = ring
      .areas()
      .flatMap((area) => ring.lines(area))
      .reduce((sum, { text }) => sum + text.length * 2, 0);
    expect(kept).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(ring.lines('plugin:quiet').length).toBe(1);
  });
});
