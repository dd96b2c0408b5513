import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { InFlight } from '../../../../adapters/mcp/connection/in-flight.ts';
import { FIRST_ID } from '../../../../adapters/mcp/connection/messages.ts';
import { SharedTransport, type Writing } from '../../../../adapters/mcp/connection/shared-transport.ts';
import { createSink } from '../../../../adapters/mcp/connection/sink.ts';
import { createChecks } from '../../../../adapters/mcp/dropped.ts';
import { createServerNotifications } from '../../../../adapters/mcp/server-requests/notifications.ts';
import type { CallContext } from '../../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../../src/core/errors.ts';
import { toJsonText } from '../../../../src/core/json/exact-number.ts';
import { parseExact } from '../../../../src/core/json/exact-parse.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { silentLog } from '../../../../src/core/log.ts';

/** A shared transport over one that only records. */
function open() {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (text: string) => void warnings.push(text), area: () => log };
  const checks = createChecks(log);
  const calls = new InFlight();
  const notifications = createServerNotifications(calls, log);
  const sent: JsonObject[] = [];
  const inner: Writing = {
    start: async () => undefined,
    send: async (message) => void sent.push(message as unknown as JsonObject),
    close: async () => undefined,
  };
  const questions: unknown[] = [];
  const events = {
    question: async (...asked: unknown[]) => {
      questions.push(asked);
      return { answered: true };
    },
    notification: (method: string, params: JsonObject, request: number | undefined) => notifications.handle(method, params, request),
  };
  const link = new SharedTransport(inner, { events, ...checks });
  const forSdk: unknown[] = [];
  link.onmessage = (message) => void forSdk.push(message);
  void link.start();
  const ask = () => {
    const id = link.nextId();
    const outcome = { progress: [] as unknown[], result: undefined as unknown, error: undefined as Error | undefined };
    link.request(
      id,
      'tools/call',
      {},
      {
        progress: (params) => outcome.progress.push(params),
        resolve: (result) => {
          outcome.result = result;
        },
        reject: (error) => {
          outcome.error = error;
        },
      },
    );
    return { id, outcome };
  };
  return {
    link,
    inner,
    checks,
    calls,
    notifications,
    warnings,
    sent,
    questions,
    forSdk,
    ask,
    receive: (message: unknown) => inner.onmessage?.(message as never),
  };
}

describe('a malformed response', () => {
  it.each([
    [{ result: 'a text' }, 'RESULT_INVALID'],
    [{ result: [] }, 'RESULT_INVALID'],
    [{ result: 0 }, 'RESULT_INVALID'],
    [{}, 'PLUGIN_PROTOCOL_ERROR'],
    [{ result: null, error: null }, 'PLUGIN_PROTOCOL_ERROR'],
    [{ error: 'broken' }, 'PLUGIN_PROTOCOL_ERROR'],
    [{ error: { code: 'x', message: { toString: 1 } } }, 'PLUGIN_PROTOCOL_ERROR'],
  ])('%j fails its request', (answer, code) => {
    const { ask, receive, checks } = open();
    const [one, other] = [ask(), ask()];
    receive({ jsonrpc: '2.0', id: one.id, ...answer });
    expect(one.outcome.error).toMatchObject({ code });
    receive({ id: other.id, result: { fine: true }, extra: 1 });
    expect(other.outcome.result).toEqual({ fine: true });
    expect(checks.dropped.count).toBe(0);
  });

  it("fails the SDK's own request, in a shape that it accepts", () => {
    const { receive, forSdk } = open();
    receive({ id: 0, result: 'a text' });
    receive({ id: 'listen:0', error: { code: 'x', message: 5, data: 1 } });
    receive({ id: 1, error: { code: -32601, message: 'unknown' }, extra: 1 });
    expect(forSdk).toEqual([
      { jsonrpc: '2.0', id: 0, error: { code: -32603, message: 'the answer is neither a result nor an error' } },
      { jsonrpc: '2.0', id: 'listen:0', error: { code: -32603, message: 'the answer is neither a result nor an error', data: 1 } },
      { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'unknown' } },
    ]);
  });

  it('is not caused by an id with a decimal point', { tags: ['numbers-exact'] }, () => {
    const { ask, receive, forSdk, checks } = open();
    const { id, outcome } = ask();
    receive(parseExact(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id}.0,"progress":1.0}}`));
    receive(parseExact(`{"jsonrpc":"2.0","id":${id}.0,"result":{"x":1.0}}`));
    expect(toJsonText(outcome)).toBe('{"progress":[{"progressToken":1000001.0,"progress":1.0}],"result":{"x":1.0}}');
    receive(parseExact('{"jsonrpc":"2.0","id":0.0,"result":{}}'));
    expect(forSdk).toEqual([{ jsonrpc: '2.0', id: 0, result: {} }]);
    expect(checks.dropped.count).toBe(0);
  });

  it('has a truncated error message', () => {
    const { ask, receive } = open();
    const { id, outcome } = ask();
    receive({ id, error: { code: 1, message: 'x'.repeat(100_000) } });
    expect(outcome.error?.message.length).toBeLessThan(5_000);
  });
});

describe('a malformed notification', () => {
  const WRONG: unknown[] = [
    5,
    null,
    { method: 5 },
    { method: 'notifications/message', params: [] },
    { method: 'notifications/message', params: { level: { toString: 5 }, data: 'x' } },
    { method: 'notifications/message', params: { level: 'info', logger: ['a'], data: 'x' } },
    { method: 'notifications/progress', params: { progressToken: {}, progress: 1 } },
    { method: 'notifications/progress', params: { progressToken: FIRST_ID + 1, progress: '1' } },
    { method: 'notifications/progress', params: { progressToken: FIRST_ID + 1, progress: 1, total: {} } },
    { method: 'notifications/progress', params: { progressToken: FIRST_ID + 1, progress: 1, message: 5 } },
    { method: 'notifications/cancelled', params: { requestId: { toString: 1 } } },
    { method: 'notifications/resources/updated', params: { uri: 7 } },
    { method: 'notifications/elicitation/complete', params: { elicitationId: { toString: 1 } } },
    { method: 'roots/list', id: null },
    { method: 'roots/list', id: { a: 1 } },
    { id: null, error: { code: -32700, message: 'no' } },
  ];

  it('is dropped and counted, and logged once a minute', () => {
    vi.useFakeTimers();
    try {
      const { ask, receive, checks, warnings } = open();
      const { outcome } = ask();
      for (const message of WRONG) receive(message);
      expect(checks.dropped.count).toBe(WRONG.length);
      expect(outcome).toEqual({ progress: [], result: undefined, error: undefined });
      expect(warnings).toHaveLength(1);
      vi.advanceTimersByTime(60_000);
      expect(warnings).toHaveLength(2);
      expect(warnings[1]).toContain(`Dropped ${WRONG.length - 1} messages from the server (${WRONG.length} in total)`);
      vi.advanceTimersByTime(600_000);
      expect(warnings).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not caused by unknown methods, additional fields or inherited names', () => {
    const { receive, checks, calls } = open();
    const lines: string[] = [];
    const line = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
    const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error'), area: () => log };
    calls.add(1, { client: {}, log } as unknown as CallContext);
    for (const level of ['constructor', '__proto__', 'toString', 'alert', null])
      receive({ method: 'notifications/message', params: { level, data: 'x', more: 1 } });
    receive({ method: 'constructor', params: { a: 1 } });
    receive({ method: 'notifications/unknown' });
    expect(lines).toEqual(['info x', 'info x', 'info x', 'error x', 'info x']);
    expect(checks.dropped.count).toBe(0);
  });

  it('includes one whose handling fails', () => {
    const { receive, checks, notifications } = open();
    notifications.changed = () => {
      throw new Error('it broke');
    };
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    receive({ method: 'notifications/tools/list_changed' });
    receive({ method: 'notifications/message', params: { level: 'info', data: deep } });
    expect(checks.dropped.count).toBe(2);
  });
});

describe('a question', () => {
  it('is passed on with the request of its stream, for any id', async () => {
    const { link, questions, sent } = open();
    link.take({ id: 'plugmux-asks-for:1000001:{', method: 'roots/list' }, undefined);
    link.take({ id: 'q', method: 'elicitation/create', params: { message: 'x' } }, 1_000_007);
    expect(questions).toEqual([
      ['roots/list', {}, undefined],
      ['elicitation/create', { message: 'x' }, 1_000_007],
    ]);
    await vi.waitFor(() => expect(sent.map(({ id }) => id)).toEqual(['plugmux-asks-for:1000001:{', 'q']));
  });

  it('whose params are not an object is rejected', () => {
    const { receive, sent } = open();
    receive({ id: 9, method: 'roots/list', params: 'x' });
    expect(sent).toEqual([{ jsonrpc: '2.0', id: 9, error: { code: -32602, message: 'The "params" are not an object.' } }]);
  });
});

describe('a request that cannot be written', () => {
  it('fails alone, as not sent', { tags: ['header-tools'] }, () => {
    const { ask, inner, link } = open();
    const other = ask();
    inner.write = () => {
      throw new TypeError('it cannot be written');
    };
    const { outcome } = ask();
    expect(outcome.error).toMatchObject({ outcome: 'NOT_SENT', message: expect.stringContaining('it cannot be written') });
    link.take({ jsonrpc: '2.0', id: other.id, result: {} }, undefined);
    expect(other.outcome.result).toEqual({});
  });
});

describe('a message that cannot be read', () => {
  it('fails the request with the id at its start or end, and none by numbers inside', () => {
    const { link, calls, checks, ask } = open();
    const sink = createSink(link, calls, checks);
    const [first, last, inside] = [ask(), ask(), ask()];
    const lost = new GatewayError('PLUGIN_PROTOCOL_ERROR', 'not JSON');
    sink.lost(lost, `{"jsonrpc":"2.0","id":${first.id},"res`, '', undefined);
    sink.lost(lost, '{"result":{"a":', `1},"jsonrpc":"2.0","id":${last.id}}`, undefined);
    sink.lost(lost, `{"result":{"id":${inside.id},`, `"id": ${inside.id}}]}}`, undefined);
    expect([first.outcome.error, last.outcome.error, inside.outcome.error]).toEqual([lost, lost, undefined]);
    expect(checks.dropped.count).toBe(1);
  });
});

it('no message of a server throws', () => {
  const { receive, link } = open();
  fc.assert(
    fc.property(fc.json(), (text) => {
      receive(JSON.parse(text));
      receive({ jsonrpc: '2.0', ...JSON.parse(text) });
      expect(link.waits(1)).toBe(false);
    }),
    { numRuns: 300, seed: 12 },
  );
});
