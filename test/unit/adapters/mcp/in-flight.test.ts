import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../../adapters/mcp/in-flight.ts';
import type { CallContext } from '../../../../src/core/tool.ts';

const callOf = (client: object): CallContext => ({ client, aborted: false }) as CallContext;

describe('calls in flight', () => {
  it('a question belongs to the only call there is', async () => {
    const calls = new InFlight();
    const call = callOf({});
    calls.add(1, call);
    expect(await calls.asker()).toBe(call);
    calls.remove(1);
    expect(await calls.asker()).toBeUndefined();
  });

  it('of several calls of one client, the last one may ask', async () => {
    const [calls, client] = [new InFlight(), {}];
    const last = callOf(client);
    calls.add(1, callOf(client));
    calls.add(2, last);
    expect(await calls.asker()).toBe(last);
  });

  it('with calls of several clients a question waits until it is clear whom it is for', async () => {
    const calls = new InFlight();
    const asking = callOf({});
    calls.add(1, asking);
    calls.add(2, callOf({}));
    const asker = calls.asker();
    setTimeout(() => calls.remove(2), 10);
    expect(await asker).toBe(asking);
  });

  it('and is nobody’s once every call waits for an answer', async () => {
    const calls = new InFlight();
    calls.add(1, callOf({}));
    calls.add(2, callOf({}));
    const first = calls.asker();
    await expect(calls.asker()).rejects.toMatchObject({ code: 'ASK_FAILED' });
    calls.remove(2);
    expect(await first).toBeDefined();
  });

  it('a server that has asked serves one client at a time, in turn', async () => {
    const calls = new InFlight();
    const [ada, bob] = [{}, {}];
    expect(calls.free(callOf(ada))).toBe(true);
    calls.add(1, callOf(ada));
    await calls.asker();
    expect([calls.free(callOf(ada)), calls.free(callOf(bob))]).toEqual([true, false]);
    const order: string[] = [];
    const wait = (name: string, client: object) =>
      calls.turn(callOf(client)).then((take) => {
        order.push(name);
        take();
      });
    const waiting = [wait('bob', bob), wait('eve', {}), wait('ada', ada)];
    expect(calls.free(callOf(ada))).toBe(false);
    calls.remove(1);
    await Promise.all(waiting);
    expect(order).toEqual(['bob', 'eve', 'ada']);
  });
});
