import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { PageSocket } from '../../../dist/src/console/live/page-socket.js';
import { until } from '../../support/processes.ts';

const KIB = 1024;

/** The gateway's end of a socket, and a page that does not read. */
async function open(): Promise<{ page: PageSocket; far: WebSocket; texts: string[] }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection');
  const far = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => far.terminate());
  const texts: string[] = [];
  far.on('message', (data) => texts.push(String(data))).on('error', () => undefined);
  await once(far, 'open');
  far.pause();
  const [near] = (await connected) as [WebSocket];
  return { page: new PageSocket(near), far, texts };
}

const call = (seq: number, size: number): string => JSON.stringify({ type: 'call', call: { seq, text: 'x'.repeat(size) } });

/** Sends until the system takes no more and about 1 MiB is unsent. */
function fill(page: PageSocket): void {
  for (let seq = 0; page.socket.bufferedAmount <= KIB * KIB; seq++) {
    page.send(call(seq, 64 * KIB), 'call');
    page.flush();
  }
}

describe('a page that does not keep up', () => {
  it('misses calls and lines above 1 MiB unsent, is told how many, and keeps the rest', { tags: ['console-live-bounds'] }, async () => {
    const { page, far, texts } = await open();
    fill(page);
    const before = page.socket.bufferedAmount;
    for (let seq = 0; seq < 5_000; seq++) {
      page.send(call(seq, 4 * KIB), 'call');
      page.send(JSON.stringify({ type: 'log', lines: ['y'.repeat(4 * KIB)] }), 'log');
      if (seq % 100 === 0) page.flush();
    }
    page.send('{"type":"approval","entry":{"id":"a1"}}');
    page.flush();
    // 40 MiB were to be sent.
    expect(page.socket.bufferedAmount - before).toBeLessThan(64 * KIB);
    expect(page.isOpen).toBe(true);
    far.resume();
    await until('the page has the approval', () => texts.some((text) => text.includes('"a1"')));
    const skipped = texts
      .flatMap((text) => JSON.parse(text) as { type: string; n?: number }[])
      .filter(({ type }) => type === 'calls.skipped');
    expect(skipped.reduce((sum, { n = 0 }) => sum + n, 0)).toBe(5_000);
    expect(page.isOpen).toBe(true);
  });

  it('is ended above 2 MiB of what cannot be left out', { tags: ['console-live-bounds'] }, async () => {
    const { page, far } = await open();
    fill(page);
    for (let at = 0; at < 200 && page.isOpen; at++) {
      page.send(JSON.stringify({ type: 'approval', entry: { id: `a${at}`, text: 'z'.repeat(64 * KIB) } }));
      page.flush();
    }
    expect(page.isOpen).toBe(false);
    expect(page.socket.bufferedAmount).toBeLessThan(4 * KIB * KIB);
    far.resume();
    await once(far, 'close');
  });

  it('is told of 200 calls at a time', { tags: ['console-live-bounds'] }, async () => {
    const { page, far, texts } = await open();
    far.resume();
    for (let seq = 0; seq < 36_000; seq++) page.send(call(seq, 10), 'call');
    page.flush();
    await until('it arrives', () => texts.length > 0);
    const [batch = []] = texts.map((text) => JSON.parse(text) as { type: string; n?: number }[]);
    expect([batch.length, batch.at(-1)]).toEqual([201, { type: 'calls.skipped', n: 35_800 }]);
  });
});
