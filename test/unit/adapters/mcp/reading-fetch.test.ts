import { getEventListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EventReader, type ServerEvent } from '../../../../adapters/mcp/connection/event-reader.ts';
import { createReadingFetch } from '../../../../adapters/mcp/connection/reading-fetch.ts';

let server: Server;
let url: string;
let chunks: string[] = [];
let head: { status: number; type: string } = { status: 200, type: 'text/event-stream' };

beforeAll(async () => {
  server = createServer(async (_, res) => {
    res.writeHead(head.status, { 'content-type': head.type });
    for (const chunk of chunks) {
      res.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

interface Received {
  readonly text: string;
  readonly taken: unknown[];
  readonly lost: unknown[];
  readonly ended: number[];
  readonly answered: number[];
}

const OWN = '{"jsonrpc":"2.0","id":1000007,"method":"tools/call"}';

async function received(sent: string[], body = OWN, from = { status: 200, type: 'text/event-stream' }): Promise<Received> {
  chunks = sent;
  head = from;
  const got: Received = { text: '', taken: [], lost: [], ended: [], answered: [] };
  const sdkOnly = (message: unknown) => typeof (message as { id?: unknown }).id === 'number' && (message as { id: number }).id < 1_000_000;
  const fetch = createReadingFetch(10_000, {
    take(message, request) {
      got.taken.push([message, request]);
      return sdkOnly(message) ? message : undefined;
    },
    lost: (error, first, last, request) => got.lost.push([error.code, first.slice(0, 9), last.slice(-3), request]),
    ended: (request) => got.ended.push(request),
    answered: (request) => got.answered.push(request),
  });
  return { ...got, text: await (await fetch(url, { method: 'POST', body })).text() };
}

describe('the streams of a server', () => {
  it('pass each message with its request, for any chunking', async () => {
    const question = { jsonrpc: '2.0', id: 'q:1', method: 'elicitation/create', params: { message: 'ü' } };
    const event = `data: ${JSON.stringify(question)}\n\n`;
    for (const sent of [[event], [event.slice(0, 20), event.slice(20)], [...event], [event.replaceAll('\n', '\r\n')]]) {
      expect(await received(sent)).toMatchObject({ taken: [[question, 1_000_007]], text: '', ended: [] });
    }
    const own = await received([`data: ${JSON.stringify({ id: 3, method: 'ping' })}\n\n`], '{"jsonrpc":"2.0","id":3}');
    expect(own).toMatchObject({ taken: [[{ id: 3, method: 'ping' }, undefined]], text: 'data: {"id":3,"method":"ping"}\n\n', ended: [] });
  });

  it('pass an empty response and the event id to the SDK', async () => {
    const { text, taken, ended } = await received([
      'id: 3\nretry: 5\ndata: {"jsonrpc":"2.0","id":1000007,"result":{"big":1}}\n\n: comment\n\nid: 4\ndata:\n\n',
    ]);
    expect(taken).toEqual([[{ jsonrpc: '2.0', id: 1_000_007, result: { big: 1 } }, 1_000_007]]);
    expect(ended).toEqual([1_000_007]);
    expect(text).toBe('id: 3\nretry: 500\ndata: {"jsonrpc":"2.0","id":1000007,"result":{}}\n\nid: 4\ndata: \n\n');
  });

  it('cannot set an unsafe retry delay or event id', async () => {
    const { text } = await received(['retry: 0\ndata: \n\n', 'retry: 99999999999\nid: \u20ac\ndata: \n\n', 'retry: soon\ndata: \n\n']);
    expect(text).toBe('retry: 500\ndata: \n\nretry: 30000\ndata: \n\n');
    const bare = await received(['retry: 0\n\n', 'retry: 99999999999\n\n', 'retry: soon\n\n']);
    expect(bare.text).toBe('retry: 500\n\nretry: 30000\n\n');
  });

  it('lose one message that is not JSON, and go on', async () => {
    const { lost, taken } = await received(['data: {"id":1000007,"result":nan}\n\n', 'data: [{"method":"a"},{"method":"b"}]\n\n']);
    expect(lost).toEqual([['PLUGIN_PROTOCOL_ERROR', '{"id":100', 'an}', undefined]]);
    expect(taken).toEqual([
      [{ method: 'a' }, 1_000_007],
      [{ method: 'b' }, 1_000_007],
    ]);
  });

  it('end with the request if a message is too long, in one line or in many', async () => {
    for (const sent of [[`data: ${'x'.repeat(6000)}`, 'x'.repeat(6000)], Array.from({ length: 30 }, () => `data: ${'x'.repeat(500)}\n`)]) {
      const { lost, text } = await received([...sent, '\n\ndata: {"method":"late"}\n\n']);
      expect(lost).toEqual([['RESULT_TOO_LARGE', '', '', 1_000_007]]);
      expect(text).toBe('data: {"jsonrpc":"2.0","id":1000007,"result":{}}\n\n');
    }
  });

  it('continue after such a message if they belong to no request', async () => {
    const { lost, taken } = await received(
      [`data: {"id":1000009,${'x'.repeat(6000)}`, `${'x'.repeat(6000)}}\n\ndata: {"method":"next"}\n\n`],
      '{}',
    );
    expect(lost).toEqual([['RESULT_TOO_LARGE', '{"id":100', 'xx}', undefined]]);
    expect(taken).toEqual([[{ method: 'next' }, undefined]]);
  });
});

describe('other responses of a server', () => {
  const json = { status: 200, type: 'Application/JSON; charset=utf-8' };

  it('are parsed as JSON, and rejected if too long or of another type', async () => {
    const two = await received(['[{"id":1000007,"result":{}},{"id":2,"result":{}}]'], OWN, json);
    expect(two).toMatchObject({ text: '[{"id":2,"result":{}}]', answered: [1_000_007] });
    await expect(received(['{"id":1000007,"resu'], OWN, json)).rejects.toMatchObject({ code: 'PLUGIN_PROTOCOL_ERROR' });
    await expect(received(['"', 'x'.repeat(20_000), '"'], OWN, json)).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' });
    expect((await received(['not json'], '{"id":2}', json)).text).toBe('not json');
  });

  it('are limited if they are not messages, including errors', async () => {
    expect((await received(['x'.repeat(6_000), 'x'.repeat(6_000)], OWN, { status: 200, type: 'text/html' })).text.length).toBeLessThan(
      10_001,
    );
    const pieces = Array.from({ length: 40 }, () => 'x'.repeat(10_000));
    expect((await received(pieces, OWN, { status: 500, type: 'text/plain' })).text.length).toBeLessThan(64 * 1024 + 1);
    // A response to the standalone stream request, too.
    head = { status: 400, type: 'text/plain' };
    const standing = createReadingFetch(
      10_000,
      { take: () => undefined, lost: () => undefined, answered: () => undefined, ended: () => undefined },
      { standalone: true },
    );
    expect((await (await standing(url, { method: 'GET' })).text()).length).toBeLessThan(64 * 1024 + 1);
  });
});

describe('a handshake', () => {
  const asked = '{"method":"initialize","params":{},"jsonrpc":"2.0","id":0}';
  const failed = '{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"the server did not answer initialize"}}';
  const json = { status: 200, type: 'application/json' };
  const odd = ['{"jsonrpc":"2.0","result":{}}', '{"jsonrpc":"2.0","id":9,"result":{}}', '[]', '{"jsonrpc":"2.0","id":0,"method":"ping"}'];

  it.each(odd)('fails at once if the response contains only %s', async (message) => {
    expect(JSON.parse((await received([message], asked, json)).text).at(-1)).toEqual(JSON.parse(failed));
    expect((await received([`data: ${message}\n\n`], asked)).text).toMatch(`data: ${failed}\n\n`);
  });

  it('gets its answer unchanged, and waits if the stream can be resumed', async () => {
    const answer = '{"jsonrpc":"2.0","id":0,"result":{}}';
    expect((await received([answer], asked, json)).text).toBe(`[${answer}]`);
    expect((await received([`data: ${answer}\n\n`], asked)).text).toBe(`data: ${answer}\n\n`);
    expect((await received(['id: 7\ndata: \n\n'], asked)).text).toBe('id: 7\ndata: \n\n');
  });

  it('is the only SDK request that is tracked', async () => {
    const listen = '{"method":"subscriptions/listen","params":{},"jsonrpc":"2.0","id":3}';
    expect((await received(['data: {"method":"a"}\n\n'], listen)).text).toBe('');
  });
});

describe('the signal of a connection', () => {
  const nobody = { take: () => undefined, lost: () => undefined, ended: () => undefined, answered: () => undefined };
  const [event, long] = ['data: {"jsonrpc":"2.0","method":"a"}\n\n', `data: ${'x'.repeat(6_000)}`];
  const answers: Readonly<Record<string, [sent: string[], status: number, type: string]>> = {
    'a stream': [[event], 200, 'text/event-stream'],
    'a stream that is too long': [[long, long], 200, 'text/event-stream'],
    JSON: [['{"jsonrpc":"2.0","method":"a"}'], 200, 'application/json'],
    'JSON that cannot be read': [['{'], 200, 'application/json'],
    'something else': [['x'], 200, 'text/plain'],
    'a refusal': [['no'], 500, 'text/plain'],
    nothing: [[], 202, 'text/plain'],
  };

  it.each(Object.entries(answers))('keeps no listener of ended requests, answered with %s', async (_, [sent, status, type]) => {
    [chunks, head] = [sent, { status, type }];
    const { signal } = new AbortController();
    const fetch = createReadingFetch(10_000, nobody);
    const ask = async (): Promise<unknown> => (await fetch(url, { method: 'POST', body: OWN, signal })).text();
    for (let i = 0; i < 50; i++) await ask().catch(() => undefined);
    await expect.poll(() => getEventListeners(signal, 'abort').length).toBe(0);
  });

  it('keeps no listener of failed requests, or of partly read responses', async () => {
    const { signal } = new AbortController();
    const fetch = createReadingFetch(10_000, nobody);
    for (let i = 0; i < 20; i++) await fetch('http://127.0.0.1:1', { signal }).catch(() => undefined);
    [chunks, head] = [Array.from({ length: 100 }, () => event), { status: 200, type: 'text/event-stream' }];
    for (let i = 0; i < 20; i++) await (await fetch(url, { method: 'POST', body: '{}', signal })).body?.cancel();
    await expect.poll(() => getEventListeners(signal, 'abort').length).toBe(0);
  });

  it('keeps no listener of an ended standalone stream', async () => {
    [chunks, head] = [['retry: 0\n\n', event], { status: 200, type: 'text/event-stream' }];
    const end = new AbortController();
    let opened = 0;
    const fetch = createReadingFetch(10_000, nobody, {
      standalone: true,
      send: (...args) => globalThis.fetch(...args).finally(() => opened++),
    });
    const standing = (await fetch(url, { method: 'GET', signal: end.signal })).text();
    await expect.poll(() => opened, { timeout: 5_000 }).toBe(2);
    // The pause before it reconnects has its own listener.
    await expect.poll(() => getEventListeners(end.signal, 'abort').length).toBe(1);
    end.abort();
    await standing;
    expect(getEventListeners(end.signal, 'abort')).toEqual([]);
  });

  it('has one listener per request in flight, without a warning of Node', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const { signal } = new AbortController();
    const body = () => new ReadableStream({ start: (out) => out.enqueue(Buffer.from(': open\n\n')) });
    const send = async (): Promise<Response> => new Response(body(), { headers: { 'content-type': 'text/event-stream' } });
    const fetch = createReadingFetch(10_000, nobody, { send });
    const open = await Promise.all(Array.from({ length: 30 }, () => fetch(url, { method: 'POST', body: OWN, signal })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(30);
    for (const { body } of open) await body?.cancel();
    await expect.poll(() => getEventListeners(signal, 'abort').length).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('ends open requests when it fires', async () => {
    const why = new Error('closed');
    const open = new AbortController();
    const held = createReadingFetch(10_000, nobody, {
      send: async (_, init) => {
        const body = new ReadableStream({ start: (out) => init?.signal?.addEventListener('abort', () => out.error(init.signal?.reason)) });
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    const text = (await held(url, { method: 'POST', body: OWN, signal: open.signal })).text();
    open.abort(why);
    await expect(text).rejects.toBe(why);
    expect(getEventListeners(open.signal, 'abort')).toEqual([]);
  });
});

it('events are parsed the same for any chunking and line endings', () => {
  const line = fc.oneof(
    fc.constantFrom('', ':', ': ping', 'data', 'data:', 'data: {"a":1}', 'id: 7', 'event: message', 'retry: 10', 'other: x', 'no colon'),
    fc.string({ maxLength: 40 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
  );
  const readAll = (parts: Buffer[]): (ServerEvent | [string, string])[] => {
    const events: (ServerEvent | [string, string])[] = [];
    const reader = new EventReader(200, {
      event: (event) => events.push(event),
      tooLong: () => undefined,
      skipped: (first, last) => events.push([first, last]),
    });
    for (const part of parts) reader.push(part);
    return events;
  };
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.array(fc.nat(600), { maxLength: 20 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (lines, cuts, end) => {
        const whole = Buffer.from(lines.map((text) => `${text}${end}`).join(''));
        const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const parts = at.slice(1).map((cut, i) => whole.subarray(at[i], cut));
        expect(readAll(parts)).toEqual(readAll([Buffer.from(lines.map((text) => `${text}\n`).join(''))]));
      },
    ),
    { numRuns: 500, seed: 12 },
  );
});
