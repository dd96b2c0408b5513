import { beforeAll, describe, expect, it } from 'vitest';
import { type QueueGateway, serveQueue } from '../support/approvals.ts';
import { connect, type Generation, type Target } from '../support/clients.ts';
import { until } from '../support/processes.ts';
import { endsAfterAll } from '../support/temp.ts';

// A call that requires approval, from a client that cannot ask its user: a person answers in the console. Real clients of both eras.

const atEnd = endsAfterAll();
let gateway: QueueGateway;
let hasty: QueueGateway;

beforeAll(async () => {
  const asked = { asked: { path: './consent.fixture', approval: 'ask' } };
  [gateway, hasty] = await Promise.all([
    serveQueue({ limits: { callTimeoutMs: 300 }, plugins: asked }, [], atEnd),
    serveQueue({ limits: { askMs: 400 } }, [], atEnd),
  ]);
});

const TARGETS: Readonly<Record<string, (of: QueueGateway) => Target>> = {
  'Streamable HTTP': (of) => of.at('http'),
  'HTTP+SSE': (of) => of.at('sse'),
  WebSocket: (of) => of.at('ws'),
  'lines of a window': (of) => of.at('lines'),
};
const CASES: [string, Generation][] = Object.keys(TARGETS).flatMap((name) =>
  (['v1', 'v2 legacy', 'v2 modern'] as const)
    .filter((g) => g !== 'v2 modern' || name !== 'HTTP+SSE')
    .map((g): [string, Generation] => [name, g]),
);
let marks = 0;
const newMark = (): string => `mark ${++marks}`;

describe.each(CASES)('approval in the console, %s, client %s', (name, generation) => {
  const open = (elicit?: () => object, of = gateway) =>
    connect(generation, (TARGETS[name] as (of: QueueGateway) => Target)(of), elicit ? { elicit } : {});

  it('waits beyond the deadline of the call, then runs once', { tags: ['approval-console'] }, async () => {
    const client = await open();
    const what = newMark();
    const result = client.call('consent_erase', { what });
    const entry = await gateway.waiting(what);
    const offered = generation === 'v2 modern' ? ['once', 'always'] : ['once', 'session', 'always'];
    const ruling = { ruledBy: 'format', principal: 'local', profile: 'default', title: 'consent_erase' };
    expect(entry).toMatchObject({ plugin: 'consent', tool: 'consent_erase', arguments: { what }, offered, ...ruling });
    expect(entry.client).not.toBe('');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(gateway.runs()).not.toContain(what);
    gateway.answer(entry, 'once');
    expect((await result).content[0]?.text).toBe(`erased ${what}`);
    expect(gateway.gone.get(entry.id)).toBe('Allowed by local.');
    const again = client.call('consent_erase', { what });
    gateway.answer(await gateway.waiting(what), 'deny');
    const denied = await again;
    expect([denied.isError, denied.content[0]?.text]).toEqual([true, 'User denied tool execution']);
    expect(gateway.runs().split(what)).toHaveLength(2);
  });

  it('allows the rest of a session, but nothing permanently against the rules of the operator', async () => {
    const client = await open();
    const what = newMark();
    const result = client.call('asked_erase', { what });
    const entry = await gateway.waiting(what);
    expect(() => gateway.answer(entry, 'always')).toThrow('is not offered');
    if (generation === 'v2 modern') expect(() => gateway.answer(entry, 'session')).toThrow('is not offered');
    gateway.answer(entry, generation === 'v2 modern' ? 'once' : 'session');
    expect((await result).content[0]?.text).toBe(`erased ${what}`);
    if (generation !== 'v2 modern')
      expect((await client.call('asked_erase', { what: `${what} again` })).content[0]?.text).toContain('again');
    const other = (await open()).call('asked_erase', { what });
    gateway.answer(await gateway.waiting(what), 'deny');
    expect((await other).isError).toBe(true);
  });

  it('asks only the client if it can ask', { tags: ['approval-console'] }, async () => {
    const what = newMark();
    const client = await open(() => {
      expect(gateway.queue.waiting().filter((entry) => entry.arguments.what === what)).toEqual([]);
      return { action: 'accept', content: {} };
    });
    expect((await client.call('consent_erase', { what })).content[0]?.text).toBe(`erased ${what}`);
  });

  it('reports progress while it waits', async () => {
    const reports: (string | undefined)[] = [];
    const what = newMark();
    const result = (await open()).call('consent_erase', { what }, { onprogress: ({ message }) => void reports.push(message) });
    const entry = await gateway.waiting(what);
    await until('progress arrives', () => reports.length > 0);
    gateway.answer(entry, 'once');
    await result;
    expect(reports[0]).toBe('Waiting for a person in the console');
  });

  it('forgets a call at once if its client cancels it or leaves', { tags: ['approval-console'] }, async () => {
    const client = await open();
    const [cancelled, left] = [newMark(), newMark()];
    const abort = new AbortController();
    const first = client.call('consent_erase', { what: cancelled }, { signal: abort.signal }).catch(() => 'cancelled');
    const second = client.call('consent_erase', { what: left }).catch(() => 'left');
    const entries = [await gateway.waiting(cancelled), await gateway.waiting(left)];
    abort.abort();
    expect(await first).toBe('cancelled');
    await until('the cancelled call is gone', () => gateway.gone.has(entries[0]?.id ?? ''));
    await client.close();
    await until('the call of the closed client is gone', () => gateway.gone.has(entries[1]?.id ?? ''));
    void second;
    for (const entry of entries) expect(() => gateway.answer(entry, 'once')).toThrow('no longer waits');
    expect(gateway.gone.get(entries[1]?.id ?? '')).toBe('The client gave up; nothing ran.');
    expect(gateway.runs()).not.toMatch(new RegExp(`${cancelled};|${left};`));
  });

  it('rejects the call if nobody answers in time', async () => {
    const what = newMark();
    const result = await (await open(undefined, hasty)).call('erase', { what });
    expect([result.isError, result.content[0]?.text]).toEqual([true, expect.stringContaining('within 0.4 s')]);
    expect(result._meta?.['plugmux/error']).toMatchObject({ code: 'DENIED', outcome: 'NOT_SENT' });
    expect([hasty.runs(), hasty.queue.waiting()]).toEqual(['', []]);
  });
});
