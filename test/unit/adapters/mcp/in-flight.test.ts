import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../../adapters/mcp/connection/in-flight.ts';
import type { CallContext } from '../../../../src/core/contract/tool.ts';

const callOf = (client: object): CallContext => ({ client, aborted: false }) as CallContext;

describe('calls in flight', () => {
  it('a question belongs to the only call', async () => {
    const calls = new InFlight();
    const call = callOf({});
    calls.add(1, call);
    expect(await calls.asker()).toBe(call);
    calls.remove(1);
    expect(await calls.asker()).toBeUndefined();
  });

  it('a question belongs to the last of several calls of one client', async () => {
    const [calls, client] = [new InFlight(), {}];
    const last = callOf(client);
    calls.add(1, callOf(client));
    calls.add(2, last);
    expect(await calls.asker()).toBe(last);
  });

  it('a question waits while calls of several clients are in flight', async () => {
    const calls = new InFlight();
    const asking = callOf({});
    calls.add(1, asking);
    calls.add(2, callOf({}));
    const asker = calls.asker();
    setTimeout(() => calls.remove(2), 10);
    expect(await asker).toBe(asking);
  });

  it('a question is rejected once every call waits for an answer', async () => {
    const calls = new InFlight();
    calls.add(1, callOf({}));
    calls.add(2, callOf({}));
    const first = calls.asker();
    await expect(calls.asker()).rejects.toMatchObject({ code: 'ASK_FAILED' });
    calls.remove(2);
    expect(await first).toBeDefined();
  });

  it('a call waits briefly for another client’s call that may still ask', async () => {
    const calls = new InFlight();
    const [ada, bob] = [callOf({}), callOf({})];
    const asks = { name: 'ask' };
    expect(calls.free(bob, asks)).toBe(true);
    calls.add(1, ada, asks);
    await calls.asker();
    expect([calls.free(ada, asks), calls.free(bob, asks), calls.free(bob, { name: 'echo' })]).toEqual([true, false, true]);
    const began = performance.now();
    (await calls.turn(bob))();
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  it('a call with an open question does not block others', { tags: ['ask-apart'] }, async () => {
    const calls = new InFlight();
    const [ada, bob] = [callOf({}), callOf({})];
    const asks = { name: 'ask' };
    calls.add(1, ada, asks);
    await calls.asker();
    let answer: (() => void) | undefined;
    const waiting = calls.turn(bob).then((take) => take());
    const asked = calls.whileAsked(
      ada,
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
    );
    await waiting;
    expect(calls.free(bob, asks)).toBe(true);
    answer?.();
    await asked;
    expect(calls.free(bob, asks)).toBe(false);
  });
});
