import { describe, expect, it } from 'vitest';
import { exchange, request, ring, serveBell, type WireMessage } from '../support/bell.ts';
import { until } from '../support/processes.ts';

const EXTENSION = 'io.modelcontextprotocol/events';
const GONG = { name: 'door.gong', arguments: {} };
const ALWAYS = { alwaysOn: ['bell', 'gong'] };
const NO_PAUSE = { cooldown_seconds: 0 };
const BELL = { name: 'door.bell', arguments: NO_PAUSE };

interface Occurrence {
  readonly eventId: string;
  readonly name: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
  readonly cursor: string;
}
interface Page {
  readonly events: readonly Occurrence[];
  readonly cursor: string;
  readonly truncated: boolean;
  readonly hasMore: boolean;
  readonly nextPollMs: number;
}

async function poll(url: string, params: object): Promise<Page> {
  const { result, error } = await request(url, 'events/poll', params);
  if (error) throw new Error(error.message);
  return result as unknown as Page;
}

const textsOf = ({ events }: Page): unknown[] => events.map(({ data }) => data.text);

describe('events of triggers', () => {
  it('are announced and listed with their schemas', async () => {
    const { url } = await serveBell();
    const { result } = await request(url, 'server/discover');
    expect(result?.capabilities).toMatchObject({ events: {}, extensions: { [EXTENSION]: { listChanged: false } } });
    const list = (await request(url, 'events/list')).result as unknown as { events: Record<string, unknown>[]; resultType: string };
    expect(list.resultType).toBe('complete');
    expect(list.events).toEqual([
      {
        name: 'door.bell',
        title: 'Bell',
        description: 'Somebody rings',
        delivery: ['poll', 'push'],
        inputSchema: {
          type: 'object',
          properties: { only: { type: 'string', title: 'Only this text' }, cooldown_seconds: { type: 'number', title: 'Pause' } },
        },
        payloadSchema: { type: 'object' },
      },
      expect.objectContaining({ name: 'door.gong', description: 'Gong', inputSchema: { type: 'object', properties: {} } }),
    ]);
  });

  it('are polled in order from a cursor, which starts the trigger', { tags: ['events-poll'] }, async () => {
    const { url } = await serveBell();
    const first = await poll(url, { ...BELL, cursor: null });
    expect(first).toMatchObject({ events: [], truncated: false, hasMore: false, nextPollMs: expect.any(Number) });
    await until('the trigger runs', () => ring(url, '0'));
    for (const text of ['1', '2', '3']) expect(await ring(url, text)).toBe(true);
    await until('the events are stored', async () => (await poll(url, { ...BELL, cursor: first.cursor })).events.length === 4);
    const page = await poll(url, { ...BELL, cursor: first.cursor, maxEvents: 3 });
    expect(textsOf(page)).toEqual(['0', '1', '2']);
    expect(page).toMatchObject({ hasMore: true, truncated: false });
    expect(page.events[0]).toEqual({
      eventId: expect.stringMatching(/^evt_/),
      name: 'door.bell',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { summary: 'Rung: 0', text: '0', n: 12345 },
      cursor: expect.any(String),
    });
    expect(textsOf(await poll(url, { ...BELL, cursor: page.cursor }))).toEqual(['3']);
    // The cursor of one event continues after it.
    expect(textsOf(await poll(url, { ...BELL, cursor: page.events[0]?.cursor }))).toEqual(['1', '2', '3']);
    const again = await poll(url, { ...BELL, cursor: first.cursor });
    expect(again.events.map(({ eventId }) => eventId).slice(0, 3)).toEqual(page.events.map(({ eventId }) => eventId));
  });

  it('pass the filter of the plugin and the pause between two events', async () => {
    const { url } = await serveBell(ALWAYS);
    const { cursor } = await poll(url, { ...BELL, cursor: null });
    await until('the trigger runs', () => ring(url, 'a'));
    for (const text of ['b', 'a', 'c']) await ring(url, text);
    const of = async (args: object): Promise<unknown[]> => textsOf(await poll(url, { name: 'door.bell', arguments: args, cursor }));
    await until('the events are stored', async () => (await of(NO_PAUSE)).length === 4);
    expect(await of({ ...NO_PAUSE, only: 'a' })).toEqual(['a', 'a']);
    // A filter that fails lets everything through, as in the original host.
    expect(await of({ ...NO_PAUSE, only: 'error' })).toEqual(['a', 'b', 'a', 'c']);
    expect(await of({})).toEqual(['a']);
    expect(await of({ only: 'b' })).toEqual(['b']);
  });

  it('reject what is wrong by the numbers of the extension', async () => {
    const { url } = await serveBell();
    const { cursor } = await poll(url, { ...BELL, cursor: null });
    const code = async (method: string, params: object): Promise<number | undefined> => (await request(url, method, params)).error?.code;
    expect(await code('events/poll', { name: 'door.none', cursor: null })).toBe(-32011);
    expect(await code('events/stream', { name: 'other.bell' })).toBe(-32011);
    expect(await code('events/poll', { name: 7 })).toBe(-32602);
    expect(await code('events/poll', { name: 'door.bell', arguments: { only: 5 } })).toBe(-32602);
    expect(await code('events/poll', { name: 'door.bell', arguments: [] })).toBe(-32602);
    expect(await code('events/poll', { ...BELL, cursor: 'x' })).toBe(-32602);
    expect(await code('events/poll', { ...BELL, cursor: `${cursor.slice(0, -2)}AA` })).toBe(-32602);
    // A cursor is valid for its own trigger only.
    expect(await code('events/poll', { ...GONG, cursor })).toBe(-32602);
    expect(await code('events/poll', { ...BELL, cursor, maxEvents: 0 })).toBe(-32602);
    expect(await code('events/list', { cursor: 'next' })).toBe(-32602);
    expect(await code('events/subscribe', { ...BELL, delivery: { url: 'https://example.com' } })).toBe(-32014);
    expect(await code('events/other', {})).toBe(-32601);
  });

  it('need the scope "events" of a token', async () => {
    const token = (name: string, scopes?: string[]) => ({
      token: `${name}-0123456789abcdef`,
      principal: name,
      ...(scopes ? { scopes } : {}),
    });
    const { url } = await serveBell({}, { auth: { tokens: [token('plain'), token('calls', ['use'])] } });
    const list = async (name: string) => request(url, 'events/list', {}, { authorization: `Bearer ${name}-0123456789abcdef` });
    expect((await list('plain')).result?.events).toHaveLength(2);
    expect((await list('calls')).error?.code).toBe(-32012);
  });

  it('are hidden in a profile without their plugin', async () => {
    const { at } = await serveBell({}, { profiles: { empty: { plugins: [] } } });
    const { url } = at('http', 'empty');
    expect((await request(url, 'events/list')).result?.events).toEqual([]);
    expect((await request(url, 'events/poll', { ...BELL, cursor: null })).error?.code).toBe(-32011);
    expect((await request(url, 'server/discover')).result?.capabilities).not.toHaveProperty('events');
  });
});

describe('a stream of events', () => {
  async function open(url: string, params: object): Promise<{ messages: WireMessage[]; end(): void }> {
    const messages: WireMessage[] = [];
    const aborter = new AbortController();
    void (async () => {
      for await (const message of exchange(url, 'events/stream', params, { signal: aborter.signal })) messages.push(message);
    })();
    await until('the stream is active', () => messages.length > 0);
    return { messages, end: () => aborter.abort() };
  }
  const kinds = (messages: readonly WireMessage[]): unknown[] => messages.map(({ method }) => method?.replace('notifications/events/', ''));

  it('sends each event once, in order, and continues from a cursor', { tags: ['events-stream'] }, async () => {
    const { url } = await serveBell();
    const stream = await open(url, { ...BELL, cursor: null });
    expect(stream.messages[0]).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/events/active',
      params: { cursor: expect.any(String), truncated: false, _meta: { 'io.modelcontextprotocol/subscriptionId': expect.any(Number) } },
    });
    await until('the trigger runs', () => ring(url, '0'));
    for (const text of ['1', '2']) await ring(url, text);
    await until('they arrive', () => stream.messages.length === 4);
    stream.end();
    const events = stream.messages.slice(1).map(({ params }) => params as unknown as Occurrence);
    expect(kinds(stream.messages)).toEqual(['active', 'event', 'event', 'event']);
    expect(events.map(({ data }) => data.text)).toEqual(['0', '1', '2']);
    await ring(url, '3');
    const next = await open(url, { ...BELL, cursor: events[0]?.cursor });
    await until('the rest arrives', () => next.messages.length === 4);
    expect(next.messages.slice(1).map(({ params }) => (params as unknown as Occurrence).data.text)).toEqual(['1', '2', '3']);
    next.end();
  });

  it('ends with an empty result when the gateway stops', async () => {
    const { url, stop } = await serveBell();
    const stream = await open(url, { ...BELL, cursor: null });
    await stop();
    await until('the stream ends', () => stream.messages.length > 1);
    expect(stream.messages.at(-1)?.result).toMatchObject({ resultType: 'complete' });
  });

  it('tells of events that were removed before they were read', { tags: ['trigger-bounds'] }, async () => {
    const { url } = await serveBell(ALWAYS, { limits: { events: 2 } });
    const { cursor } = await poll(url, { ...BELL, cursor: null });
    await until('the trigger runs', () => ring(url, '0'));
    for (const text of ['1', '2', '3']) await ring(url, text);
    await until('all are stored', async () => textsOf(await poll(url, { ...BELL, cursor })).includes('3'));
    const page = await poll(url, { ...BELL, cursor });
    expect(textsOf(page)).toEqual(['2', '3']);
    expect(page.truncated).toBe(true);
    expect((await poll(url, { ...BELL, cursor: page.cursor })).truncated).toBe(false);
    const stream = await open(url, { ...BELL, cursor });
    await until('the rest arrives', () => stream.messages.length === 3);
    expect(stream.messages[0]?.params).toMatchObject({ truncated: true });
    expect(kinds(stream.messages)).toEqual(['active', 'event', 'event']);
    stream.end();
  });
});
