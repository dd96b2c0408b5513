import { describe, expect, it } from 'vitest';
import { createSlotQueue, createSlots } from '../../../src/gateway/slots.ts';

describe('createSlotQueue', () => {
  it('takes a slot in every place or in none', { tags: ['calls-bounded'] }, () => {
    const queue = createSlotQueue(() => 10);
    const [one, many] = [createSlots(() => 1), createSlots(() => 5)];
    expect(queue.tryTake([one, many])).toBe(true);
    expect(queue.tryTake([many, one])).toBe(false);
    expect(many.active).toBe(1);
    queue.release([one, many]);
    expect([one.active, many.active]).toEqual([0, 0]);
  });

  it('hands slots on in the order they were asked for, past those that must wait for another place', {
    tags: ['calls-bounded'],
  }, async () => {
    const queue = createSlotQueue(() => 10);
    const [a, b] = [createSlots(() => 1), createSlots(() => 1)];
    queue.tryTake([a]);
    queue.tryTake([b]);
    const order: string[] = [];
    const first = queue.take([a], 1000).then(() => order.push('first'));
    const second = queue.take([b], 1000).then(() => order.push('second'));
    queue.release([b]);
    await second;
    queue.release([a]);
    await first;
    expect(order).toEqual(['second', 'first']);
  });

  it('lets a call pass that needs no place others wait for', { tags: ['calls-bounded'] }, async () => {
    const queue = createSlotQueue(() => 10);
    const [full, all] = [createSlots(() => 1), createSlots(() => 10)];
    queue.tryTake([full, all]);
    const waiting = queue.take([full, all], 1000);
    const other = createSlots(() => 1);
    expect(queue.tryTake([other, all])).toBe(true);
    expect(queue.tryTake([full, all])).toBe(false);
    queue.release([full, all]);
    expect(await waiting).toBe(true);
  });

  it('gives up after the time, and takes no more than so many waiting', { tags: ['calls-bounded'] }, async () => {
    const queue = createSlotQueue(() => 1);
    const a = createSlots(() => 1);
    queue.tryTake([a]);
    const waiting = queue.take([a], 20);
    expect(await queue.take([a], 20)).toBe(false);
    expect(await waiting).toBe(false);
    queue.release([a]);
    expect(queue.tryTake([a])).toBe(true);
  });
});
