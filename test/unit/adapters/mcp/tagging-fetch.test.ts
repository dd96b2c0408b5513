import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaggingFetch, requestOf, unmark } from '../../../../adapters/mcp/tagging-fetch.ts';

let server: Server;
let url: string;
let chunks: string[] = [];

beforeAll(async () => {
  server = createServer(async (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunks) {
      res.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function received(
  sent: string[],
  body = '{"jsonrpc":"2.0","id":1000007,"method":"tools/call"}',
): Promise<{ text: string; ended: number[] }> {
  chunks = sent;
  const ended: number[] = [];
  const answer = await createTaggingFetch(10_000, (request) => ended.push(request))(url, { method: 'POST', body });
  return { text: await answer.text(), ended };
}

const dataOf = (text: string) => text.split('\n').flatMap((line) => (line.startsWith('data:') ? [JSON.parse(line.slice(5))] : []));

describe('the streams of a server', () => {
  it('have each question marked with the request it belongs to, however they are cut', async () => {
    const question = 'data: {"jsonrpc":"2.0","id":"q:1","method":"elicitation/create","params":{"message":"ü"}}\n\n';
    for (const sent of [[question], [question.slice(0, 20), question.slice(20)], [...question].map(String)]) {
      const [message] = dataOf((await received(sent)).text);
      expect(unmark(message.id)).toEqual({ id: 'q:1', request: 1_000_007 });
      expect(message.params).toEqual({ message: 'ü' });
    }
  });

  it('have each log line marked, and leave everything else as it was', async () => {
    const log = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":1,"_meta":{"a":1}}}\n\n';
    expect(requestOf(dataOf((await received([log])).text)[0].params)).toBe(1_000_007);
    const others =
      'event: message\nid: 3\ndata: {"jsonrpc":"2.0","id":1000007,"result":{"method":1}}\n\n: comment\nretry: 5\ndata: not json "method"\n\n';
    expect((await received([others])).text).toBe(others);
    const question = 'data: {"jsonrpc":"2.0","id":1,"method":"ping"}\n\n';
    expect((await received([question], '{"id":1}')).text).toBe(question);
  });

  it('tell when they end, and end themselves when a message is too long', async () => {
    expect((await received(['data: {}\n\n'])).ended).toEqual([1_000_007]);
    await expect(received([`data: ${'x'.repeat(6000)}`, 'x'.repeat(6000)])).rejects.toThrow('more than 10000 bytes');
  });

  it('have ids that no server makes up', () => {
    for (const id of [1, 'x', null, undefined, 'plugmux']) expect(unmark(id)).toBeUndefined();
  });
});
