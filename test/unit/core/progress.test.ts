import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressBucket, type SendProgress } from '../../../src/core/progress.ts';

type Report = Parameters<SendProgress>;

const collect = (): { bucket: ProgressBucket; sent: Report[] } => {
  const sent: Report[] = [];
  return { bucket: new ProgressBucket((...report) => void sent.push(report)), sent };
};

describe('ProgressBucket', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends a burst of twenty, then twenty per second with the newest numbers', () => {
    const { bucket, sent } = collect();
    for (let done = 1; done <= 1000; done++) bucket.report(done, 1000, undefined);
    expect(sent.map(([done]) => done)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    vi.advanceTimersByTime(60);
    expect(sent.at(-1)).toEqual([1000, 1000, undefined]);
    for (let ms = 0; ms < 2000; ms++) {
      bucket.report(1001 + ms, undefined, undefined);
      vi.advanceTimersByTime(1);
    }
    expect(sent.length).toBeGreaterThan(55);
    expect(sent.length).toBeLessThanOrEqual(21 + 41);
  });

  it('sends the merged report on flush, and nothing afterwards', () => {
    const { bucket, sent } = collect();
    for (let done = 1; done <= 25; done++) bucket.report(done, 25, `step ${done}`);
    bucket.flush();
    expect(sent).toHaveLength(21);
    expect(sent.at(-1)).toEqual([25, 25, 'step 21\nstep 22\nstep 23\nstep 24\nstep 25']);
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(21);
  });

  it('joins messages up to 4 KB in UTF-8 and drops the oldest', () => {
    const { bucket, sent } = collect();
    for (let done = 1; done <= 5000; done++) bucket.report(done, undefined, `é${done}`);
    bucket.report(5001, undefined, '漢'.repeat(10_000));
    bucket.report(5002, undefined, 'last');
    bucket.flush();
    const text = sent.at(-1)?.[2] ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    expect(text.endsWith('last')).toBe(true);
  });

  it('refills the burst while idle', () => {
    const { bucket, sent } = collect();
    for (let done = 1; done <= 20; done++) bucket.report(done, undefined, undefined);
    vi.advanceTimersByTime(10_000);
    for (let done = 21; done <= 45; done++) bucket.report(done, undefined, undefined);
    expect(sent).toHaveLength(40);
  });

  it('discards the merged report on drop', () => {
    const { bucket, sent } = collect();
    for (let done = 1; done <= 30; done++) bucket.report(done, undefined, undefined);
    bucket.drop();
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(20);
  });
});
