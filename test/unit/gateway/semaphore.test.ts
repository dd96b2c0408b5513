import { describe, expect, it } from 'vitest';
import { createSemaphore, createSemaphoreQueue } from '../../../src/gateway/call/semaphore.ts';

describe('createSemaphoreQueue', () => {
  it('acquires all semaphores or none', { tags: ['calls-bounded'] }, () => {
    const queue = createSemaphoreQueue(() => 10);
    const [one, many] = [createSemaphore(() => 1), createSemaphore(() => 5)];
    expect(queue.tryAcquire([one, many])).toBe(true);
    expect(queue.tryAcquire([many, one])).toBe(false);
    expect(many.active).toBe(1);
    queue.release([one, many]);
    expect([one.active, many.active]).toEqual([0, 0]);
  });

  it('serves calls in order, skipping those that wait for another semaphore', {
    tags: ['calls-bounded'],
  }, async () => {
    const queue = createSemaphoreQueue(() => 10);
    const [a, b] = [createSemaphore(() => 1), createSemaphore(() => 1)];
    queue.tryAcquire([a]);
    queue.tryAcquire([b]);
    const order: string[] = [];
    const first = queue.acquire([a], 1000).then(() => order.push('first'));
    const second = queue.acquire([b], 1000).then(() => order.push('second'));
    queue.release([b]);
    await second;
    queue.release([a]);
    await first;
    expect(order).toEqual(['second', 'first']);
  });

  it('lets a call overtake calls that wait for other semaphores', { tags: ['calls-bounded'] }, async () => {
    const queue = createSemaphoreQueue(() => 10);
    const [full, all] = [createSemaphore(() => 1), createSemaphore(() => 10)];
    queue.tryAcquire([full, all]);
    const waiting = queue.acquire([full, all], 1000);
    const other = createSemaphore(() => 1);
    expect(queue.tryAcquire([other, all])).toBe(true);
    expect(queue.tryAcquire([full, all])).toBe(false);
    queue.release([full, all]);
    expect(await waiting).toBe(true);
  });

  it('gives up after the timeout, and limits the number of waiting calls', { tags: ['calls-bounded'] }, async () => {
    const queue = createSemaphoreQueue(() => 1);
    const a = createSemaphore(() => 1);
    queue.tryAcquire([a]);
    const waiting = queue.acquire([a], 20);
    expect(await queue.acquire([a], 20)).toBe(false);
    expect(await waiting).toBe(false);
    queue.release([a]);
    expect(queue.tryAcquire([a])).toBe(true);
  });
});
