import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../../src/gateway/call/deadline.ts';

describe('Deadline', () => {
  let ended: unknown[];
  const start = (timeoutMs: number, capMs: number) =>
    new Deadline({ timeoutMs, capMs }, { abort: (reason) => void ended.push(reason) }, () => 'too late');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    ended = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends a call at its limit', { tags: ['F17'] }, () => {
    start(1_000, 10_000);
    vi.advanceTimersByTime(999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['too late']);
  });

  it('is extended by progress, but not beyond the cap', { tags: ['F17'] }, () => {
    const deadline = start(1_000, 2_500);
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(600);
      deadline.progressed();
    }
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(ended).toEqual(['too late']);
  });

  it('pauses while a question is open', { tags: ['ask-stops-clock'] }, () => {
    const deadline = start(1_000, 1_000);
    vi.advanceTimersByTime(600);
    deadline.paused(true);
    vi.advanceTimersByTime(60_000);
    deadline.paused(false);
    vi.advanceTimersByTime(399);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['too late']);
  });

  it('does nothing after it was stopped', () => {
    start(1_000, 1_000).stop();
    vi.advanceTimersByTime(5_000);
    expect(ended).toEqual([]);
  });
});
