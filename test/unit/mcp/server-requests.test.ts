import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import type { Questions } from '../../../src/core/contract/question.ts';
import type { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { parseExact } from '../../../src/core/json/exact-parse.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Call, silentClient } from '../../../src/gateway/call/call.ts';
import { ServerRequests } from '../../../src/mcp/legacy/server-requests.ts';
import { readMessage } from '../../../src/mcp/wire/wire.ts';

const QUESTION = { q: { kind: 'form', message: 'Well?', schema: { type: 'object', properties: {} } } } as const;

function ask(askMs: number, questions: Questions = QUESTION) {
  const sent: { id?: number; method: string; params: object }[] = [];
  const call = new Call(localCaller(), silentClient(silentLog));
  const requests = new ServerRequests({ askMs });
  const outlet = { write: ({ bytes }: { bytes?: string | Buffer }) => void sent.push(JSON.parse(String(bytes))) };
  const answer = requests.ask(questions, '2025-11-25', call, outlet).catch((error: { code?: string; message: string }) => error);
  return { sent, call, requests, answer };
}

describe('ServerRequests', () => {
  it('cancels a question that is not answered in time', async () => {
    const { sent, answer } = ask(10);
    expect(await answer).toMatchObject({ code: 'ASK_FAILED' });
    expect(sent.slice(1)).toEqual([{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: sent[0]?.id } }]);
  });

  it('cancels a question when its call is cancelled', async () => {
    const { sent, call, answer } = ask(10_000);
    call.abort(new Error('enough'));
    expect(await answer).toMatchObject({ message: 'enough' });
    expect(sent.map(({ method }) => method)).toEqual(['elicitation/create', 'notifications/cancelled']);
  });

  it('does not cancel an answered question', async () => {
    const { sent, call, requests, answer } = ask(10_000);
    requests.settle(sent[0]?.id, { result: { action: 'decline' } });
    expect(await answer).toEqual({ q: { action: 'decline' } });
    call.abort(new Error('too late'));
    expect(sent).toHaveLength(1);
  });

  it('stores answers under the keys of their questions, including __proto__', async () => {
    const questions = JSON.parse(`{"__proto__":${JSON.stringify(QUESTION.q)},"constructor":${JSON.stringify(QUESTION.q)}}`) as Questions;
    const { sent, requests, answer } = ask(10_000, questions);
    requests.settle(sent[0]?.id, { result: { action: 'decline' } });
    await expect.poll(() => sent.length).toBe(2);
    requests.settle(sent[1]?.id, { result: { action: 'cancel' } });
    expect(JSON.stringify(await answer)).toBe('{"__proto__":{"action":"decline"},"constructor":{"action":"cancel"}}');
  });

  it('accepts its ids when a client returns them as decimals', { tags: ['numbers-exact'] }, async () => {
    const { requests, answer } = ask(10_000);
    const { id, result } = parseExact('{"id":1.0,"result":{"action":"decline"}}') as { id: ExactNumber; result: JsonObject };
    requests.settle(id, { result });
    expect(await answer).toEqual({ q: { action: 'decline' } });
  });

  it('fails at once if an answer contains NaN or infinity', { tags: ['numbers-faulty'] }, async () => {
    for (const number of ['NaN', '-Infinity', '1e999']) {
      const { requests, answer } = ask(10_000);
      const line = `{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"n":${number}}}}`;
      const message = readMessage(Buffer.from(line), { depth: 10, keys: 10, items: 10 });
      expect(message).toMatchObject({ kind: 'response', id: 1 });
      if (message.kind === 'response') requests.settle(message.id, message.body);
      expect(await answer).toMatchObject({ code: 'ASK_FAILED', message: expect.stringContaining('content.n ') });
    }
  });
});
