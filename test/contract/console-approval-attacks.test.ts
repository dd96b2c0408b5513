import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayError } from '../../dist/src/core/errors.js';
import { type QueueGateway, serveQueue } from '../support/approvals.ts';
import { connect, type TestClient } from '../support/clients.ts';
import { until } from '../support/processes.ts';
import type { AtEnd } from '../support/temp.ts';

// What must not happen with a call that waits for a person in the console.

const open = (config: object = {}, fixtures: string[] = []) => serveQueue(config, fixtures, onTestFinished as AtEnd);
const client = (gateway: QueueGateway) => connect('v1', gateway.at('http'));
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'none';
  } catch (error) {
    return (error as GatewayError).code;
  }
};

/** A call that must not stop the test when it fails. */
const call = (of: TestClient, what: string, tool = 'erase') => {
  const result = of.call(tool, { what });
  result.catch(() => undefined);
  return result;
};

describe('an answer', () => {
  it('counts only for what was shown, and only once', { tags: ['approval-console'] }, async () => {
    const gateway = await open();
    const result = call(await client(gateway), 'x');
    const entry = await gateway.waiting('x');
    const answerAs = (shown: string) => gateway.queue.answer(entry.id, { answer: 'once', shown }, 'ada');
    expect([codeOf(() => answerAs('')), codeOf(() => answerAs(`${entry.shown}x`))]).toEqual(['APPROVAL_CHANGED', 'APPROVAL_CHANGED']);
    expect(codeOf(() => gateway.queue.answer('x', { answer: 'once', shown: entry.shown }, 'ada'))).toBe('APPROVAL_GONE');
    gateway.answer(entry, 'deny', 'bob');
    expect(codeOf(() => gateway.answer(entry, 'once', 'ada'))).toBe('APPROVAL_GONE');
    expect((await result).content[0]?.text).toBe('User denied tool execution');
    expect([gateway.runs(), gateway.gone.get(entry.id)]).toEqual(['', 'Denied by bob.']);
  });

  it('is for the arguments that a guard has made, which differ with each call', { tags: ['approval-console'] }, async () => {
    const gateway = await open({}, ['meddler']);
    const from = await client(gateway);
    const first = call(from, 'meddle');
    await until('the first call waits', () => gateway.queue.waiting().length === 1);
    const second = call(from, 'meddle');
    await until('both calls wait', () => gateway.queue.waiting().length === 2);
    const [one, two] = gateway.queue.waiting();
    if (!one || !two) throw new Error('two calls wait');
    expect(String(one.arguments.what)).toMatch(/^meddled/);
    expect(codeOf(() => gateway.queue.answer(two.id, { answer: 'once', shown: one.shown }, 'ada'))).toBe('APPROVAL_CHANGED');
    gateway.answer(one, 'once');
    await first;
    expect(gateway.runs()).toBe(`${one.arguments.what};`);
    gateway.answer(two, 'deny');
    await second;
  });

  it('does not run a tool that has changed meanwhile', { tags: ['approval-console'] }, async () => {
    const plugins = { consent: { path: './consent.fixture', names: {} } };
    const gateway = await open({ plugins });
    const result = call(await client(gateway), 'x');
    const entry = await gateway.waiting('x');
    await gateway.reconfigure({ state: './state', plugins: { consent: { path: './consent.fixture', names: { erase: 'rub_out' } } } });
    expect(codeOf(() => gateway.answer(entry, 'once'))).toBe('APPROVAL_CHANGED');
    expect((await result)._meta?.['plugmux/error']).toMatchObject({ code: 'APPROVAL_CHANGED', outcome: 'NOT_SENT' });
    expect(gateway.runs()).toBe('');
  });

  it('is recorded with the person, and "always" holds for the tool', { tags: ['approval-console'] }, async () => {
    const gateway = await open();
    const from = await client(gateway);
    const result = call(from, 'x');
    gateway.answer(await gateway.waiting('x'), 'always', 'a\u202eda"');
    await result;
    expect((await call(from, 'y')).content[0]?.text).toBe('erased y');
    const calls = (await gateway.audited()).filter(({ tool }) => tool === 'erase');
    expect(calls.map(({ outcome, consent, by }) => [outcome, consent, by])).toEqual([
      ['ok', 'always', 'console:a\\u{202e}da"'],
      ['ok', 'always', undefined],
    ]);
  });

  it('is recorded with the person who refused, and a client with its answer', { tags: ['approval-console'] }, async () => {
    const gateway = await open();
    const result = call(await client(gateway), 'x');
    gateway.answer(await gateway.waiting('x'), 'deny', 'ada');
    expect((await result).isError).toBe(true);
    for (const action of ['decline', 'cancel']) {
      const asking = await connect('v1', gateway.at('http'), { elicit: () => ({ action }) });
      expect((await asking.call('erase', { what: action })).isError).toBe(true);
    }
    const calls = (await gateway.audited()).filter(({ tool }) => tool === 'erase');
    expect(calls.map(({ outcome, code, consent, by }) => [outcome, code, consent, by])).toEqual([
      ['refused', 'DENIED', 'declined', 'console:ada'],
      ['refused', 'DENIED', 'declined', undefined],
      ['refused', 'DENIED', 'dismissed', undefined],
    ]);
  });
});

describe('the queue', () => {
  it('holds 5 calls of a caller; windows count one by one', { tags: ['approval-console'] }, async () => {
    const gateway = await open();
    const http = await Promise.all([client(gateway), client(gateway)]);
    const windows = await Promise.all([connect('v1', gateway.at('lines')), connect('v2 modern', gateway.at('lines'))]);
    for (const from of [...http, ...windows]) for (let i = 0; i < 3; i++) void call(from, 'x').catch(() => undefined);
    await until('11 calls wait', () => gateway.queue.waiting().length === 11);
    const busy = await call(http[0] as TestClient, 'y');
    expect([busy.isError, busy._meta?.['plugmux/error']]).toEqual([true, expect.objectContaining({ code: 'BUSY', outcome: 'NOT_SENT' })]);
    expect(busy.content[0]?.text).toContain('5 calls of this client wait');
    void call(windows[0] as TestClient, 'z').catch(() => undefined);
    await gateway.waiting('z');
  });

  it('holds 50 calls in all, and ends each with an error when the gateway stops', {
    tags: ['approval-console'],
    timeout: 60_000,
  }, async () => {
    const gateway = await open();
    const clients: TestClient[] = [];
    for (let i = 0; i < 11; i++) clients.push(await connect('v1', gateway.at('lines')));
    const results = clients.slice(0, 10).flatMap((from) => [1, 2, 3, 4, 5].map(() => call(from, 'x')));
    await until('50 calls wait', () => gateway.queue.waiting().length === 50);
    expect((await call(clients[10] as TestClient, 'y')).content[0]?.text).toContain('50 calls wait');
    gateway.instance.drain();
    const codes = (await Promise.all(results)).map(({ _meta = {} }) => (_meta['plugmux/error'] as { code: string }).code);
    expect([new Set(codes), codes.length, gateway.queue.waiting(), gateway.runs()]).toEqual([new Set(['DRAINING']), 50, [], '']);
  });

  it('shows long arguments in full', async () => {
    const gateway = await open();
    const what = `${'a'.repeat(20_000)}\u202e${'b'.repeat(20_000)}`;
    const result = call(await client(gateway), what);
    expect((await gateway.waiting(what)).arguments).toEqual({ what });
    gateway.answer(await gateway.waiting(what), 'deny');
    await result;
  });

  it('is not used while no console is open: the call is rejected at once', { tags: ['approval-console'] }, async () => {
    const gateway = await serveQueue({}, [], onTestFinished as AtEnd, false);
    const refused = await call(await client(gateway), 'x');
    expect(refused.content[0]?.text).toContain('Use a client that supports elicitation, or open the console.');
  });
});

describe('POST /api/tools', () => {
  const post = (gateway: QueueGateway, prefer?: string, signal?: AbortSignal) =>
    fetch(`${gateway.url}/api/tools/erase`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(prefer === undefined ? {} : { prefer }) },
      body: JSON.stringify({ what: 'x' }),
      signal: signal ?? null,
    }).then((reply) => reply.json() as Promise<{ content: { text: string }[] }>);

  it('waits for a person only as long as the client prefers', { tags: ['approval-console'] }, async () => {
    const gateway = await open();
    for (const prefer of [undefined, 'respond-async', 'wait=0', 'await=9', 'wait=-1', 'wait=x'])
      expect((await post(gateway, prefer)).content[0]?.text).toContain('requires approval');
    expect((await post(gateway, 'wait=1')).content[0]?.text).toContain('within 1 s');
    const allowed = post(gateway, 'respond-async; foo="a, b", Wait="30"');
    gateway.answer(await gateway.waiting('x'), 'once');
    expect((await allowed).content[0]?.text).toBe('erased x');
    const abort = new AbortController();
    const left = post(gateway, 'wait=30', abort.signal).catch(() => 'left');
    const entry = await gateway.waiting('x');
    abort.abort();
    expect(await left).toBe('left');
    await until('the call is gone', () => gateway.gone.has(entry.id));
    expect(gateway.runs()).toBe('x;');
  });
});
