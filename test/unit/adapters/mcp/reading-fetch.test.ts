import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventReader, type ServerEvent } from '../../../../adapters/mcp/event-reader.ts';
import { createReadingFetch } from '../../../../adapters/mcp/reading-fetch.ts';

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
  it('hand over each message with the request it belongs to, however they are cut', async () => {
    const question = { jsonrpc: '2.0', id: 'q:1', method: 'elicitation/create', params: { message: 'ü' } };
    const event = `data: ${JSON.stringify(question)}\n\n`;
    for (const sent of [[event], [event.slice(0, 20), event.slice(20)], [...event], [event.replaceAll('\n', '\r\n')]]) {
      expect(await received(sent)).toMatchObject({ taken: [[question, 1_000_007]], text: '', ended: [] });
    }
    const own = await received([`data: ${JSON.stringify({ id: 3, method: 'ping' })}\n\n`], '{"jsonrpc":"2.0","id":3}');
    expect(own).toMatchObject({ taken: [[{ id: 3, method: 'ping' }, undefined]], text: 'data: {"id":3,"method":"ping"}\n\n', ended: [] });
  });

  it('show the SDK that an answer came, and where the stream goes on', async () => {
    const { text, taken, ended } = await received([
      'id: 3\nretry: 5\ndata: {"jsonrpc":"2.0","id":1000007,"result":{"big":1}}\n\n: comment\n\nid: 4\ndata:\n\n',
    ]);
    expect(taken).toEqual([[{ jsonrpc: '2.0', id: 1_000_007, result: { big: 1 } }, 1_000_007]]);
    expect(ended).toEqual([1_000_007]);
    expect(text).toBe('id: 3\nretry: 500\ndata: {"jsonrpc":"2.0","id":1000007,"result":{}}\n\nid: 4\ndata: \n\n');
  });

  it('cannot make the SDK come back at once, never, or with what no header holds', async () => {
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

  it('end with the request when a message of theirs is too long, in one line or in many', async () => {
    for (const sent of [[`data: ${'x'.repeat(6000)}`, 'x'.repeat(6000)], Array.from({ length: 30 }, () => `data: ${'x'.repeat(500)}\n`)]) {
      const { lost, text } = await received([...sent, '\n\ndata: {"method":"late"}\n\n']);
      expect(lost).toEqual([['RESULT_TOO_LARGE', '', '', 1_000_007]]);
      expect(text).toBe('data: {"jsonrpc":"2.0","id":1000007,"result":{}}\n\n');
    }
  });

  it('go on after such a message where they belong to no request', async () => {
    const { lost, taken } = await received(
      [`data: {"id":1000009,${'x'.repeat(6000)}`, `${'x'.repeat(6000)}}\n\ndata: {"method":"next"}\n\n`],
      '{}',
    );
    expect(lost).toEqual([['RESULT_TOO_LARGE', '{"id":100', 'xx}', undefined]]);
    expect(taken).toEqual([[{ method: 'next' }, undefined]]);
  });
});

describe('other answers of a server', () => {
  const json = { status: 200, type: 'Application/JSON; charset=utf-8' };

  it('are taken apart where they are JSON, and refused where they are too long or something else', async () => {
    const two = await received(['[{"id":1000007,"result":{}},{"id":2,"result":{}}]'], OWN, json);
    expect(two).toMatchObject({ text: '[{"id":2,"result":{}}]', answered: [1_000_007] });
    await expect(received(['{"id":1000007,"resu'], OWN, json)).rejects.toMatchObject({ code: 'PLUGIN_PROTOCOL_ERROR' });
    await expect(received(['"', 'x'.repeat(20_000), '"'], OWN, json)).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' });
    expect((await received(['not json'], '{"id":2}', json)).text).toBe('not json');
  });

  it('are cut where nobody reads them as messages, refusals too', async () => {
    expect((await received(['x'.repeat(6_000), 'x'.repeat(6_000)], OWN, { status: 200, type: 'text/html' })).text.length).toBeLessThan(
      10_001,
    );
    const pieces = Array.from({ length: 40 }, () => 'x'.repeat(10_000));
    expect((await received(pieces, OWN, { status: 500, type: 'text/plain' })).text.length).toBeLessThan(64 * 1024 + 1);
  });
});

it('events are read the same however their bytes are cut and their lines end', () => {
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
