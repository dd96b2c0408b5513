import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { post } from '../../../src/triggers/post.ts';

async function endpoint(status: number, headers: Record<string, string> = {}): Promise<{ port: number; count: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    request.resume();
    response.writeHead(status, headers).end('secret answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, count: () => count };
}

it('rejects private addresses in every notation before it connects', { tags: ['webhook-address'] }, async () => {
  const { port, count } = await endpoint(200);
  const hosts = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '169.254.169.254',
    '10.0.0.1',
    '0.0.0.0',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
  ];
  for (const host of hosts) await expect(post(`https://${host}:${port}/`, {}, '{}', false), host).rejects.toThrow(/not allowed/);
  await expect(post(`http://example.com:${port}/`, {}, '{}', false)).rejects.toThrow('only https');
  // A cloud metadata service stays rejected.
  await expect(post('http://169.254.169.254/', {}, '{}', true)).rejects.toThrow(/metadata/);
  expect(count()).toBe(0);
});

it('reaches a private address if that is allowed, and follows no redirect', async () => {
  const target = await endpoint(200);
  const { port, count } = await endpoint(302, { location: `http://127.0.0.1:${target.port}/`, 'retry-after': '7' });
  expect(await post(`http://localhost:${port}/`, {}, '{}', true)).toEqual({ status: 302, retryAfterMs: 7_000 });
  expect([count(), target.count()]).toEqual([1, 0]);
});
