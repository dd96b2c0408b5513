import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { openRaw } from '../../support/modern.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode, rawAsk } from '../support/console.ts';
import { closedWith, openPage, openSocket } from '../support/page.ts';

const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let gateway: Serving;
let config: string;

beforeAll(async () => {
  config = writeConfig({}, ['plain'], tempFolder(atEnd));
  gateway = await serve(config, { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

const enter = async (): Promise<string> => (await login(gateway, { code: makeCode(config) })).key;

/** Checks that a client of the gateway is served all the while; returns how to end it. */
async function callMeanwhile(): Promise<() => Promise<number>> {
  const client = await openRaw(gateway.at('ws'));
  let over = false;
  let calls = 0;
  const run = async (): Promise<void> => {
    for (; !over; calls++)
      expect((await client.call('echo', { message: `call ${calls}` })).result?.content?.[0]?.text).toBe(`call ${calls}`);
  };
  const running = run();
  return async () => {
    over = true;
    await running;
    return calls;
  };
}

describe('a flood of the console', () => {
  it('by sockets that never log in leaves room for calls, and for pages afterwards', { tags: ['console-live-bounds'] }, async () => {
    const stop = await callMeanwhile();
    const { host } = new URL(gateway.url);
    const sockets = Array.from({ length: 60 }, () => new WebSocket(`ws://${host}/api/console/live`, 'plugmux.console.v1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      onTestFinished(() => socket.terminate());
    }
    await until('all are answered', () => sockets.every(({ readyState }) => readyState !== WebSocket.CONNECTING));
    const opened = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
    expect(opened).toHaveLength(50);
    // Each is ended for its silence, however long the others stay.
    expect(await Promise.all(opened.map(closedWith))).toEqual(new Array(50).fill(4401));
    await openPage(gateway, { key: await enter() });
    expect(await stop()).toBeGreaterThan(10);
  });

  it('by messages ends the socket, and nothing is kept of them', { tags: ['console-live-bounds'] }, async () => {
    const stop = await callMeanwhile();
    const large = JSON.stringify({ type: 'start', key: 'x'.repeat(5_000), want: [] });
    const first = await openSocket(gateway);
    first.send(large);
    expect(await closedWith(first)).toBe(1009);
    // A frame that announces a gigabyte, and one in a thousand parts.
    for (const frame of [
      Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]),
      Buffer.concat([
        Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x5b]),
        ...new Array<Buffer>(9_000).fill(Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20])),
      ]),
    ]) {
      const { hostname, port, host } = new URL(gateway.url);
      const socket = connectSocket({ host: hostname, port: Number(port) });
      onTestFinished(() => void socket.destroy());
      let answer = '';
      socket
        .on('error', () => undefined)
        .on('data', (data: Buffer) => {
          answer += data.toString('latin1');
        });
      const headers = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`];
      const protocol = 'Sec-WebSocket-Protocol: plugmux.console.v1';
      socket.write(`GET /api/console/live HTTP/1.1\r\nHost: ${host}\r\n${[...headers, protocol].join('\r\n')}\r\n\r\n`);
      await until('it is upgraded', () => answer.includes('101 '));
      socket.write(frame);
      await once(socket, 'close');
      // 1009: too large.
      expect(answer).toContain('\x88\x02\x03\xf1');
    }
    const key = await enter();
    for (let i = 0; i < 20; i++) {
      const page = await openPage(gateway, { key });
      for (let n = 0; n < 200; n++) page.socket.send('{"type":"used","visible":true,"notices":false}');
      expect(await closedWith(page.socket)).toBe(1008);
    }
    expect(await stop()).toBeGreaterThan(10);
  });

  it('by bodies is refused before it is read', { tags: ['console-fields'] }, async () => {
    const key = await enter();
    const stop = await callMeanwhile();
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ x: 'x'.repeat(256 * 1024) });
    for (const more of [{ 'Content-Length': String(body.length) }, { 'Transfer-Encoding': 'chunked' }] as Record<string, string>[])
      for (const path of ['/api/console/login', '/api/console/logout', '/api/console/tools/echo/try', '/api/console/nothing']) {
        const { status } = await rawAsk(gateway, path, { method: 'POST', headers: { ...headers, ...more }, body }).catch(() => ({
          status: 413,
        }));
        expect([path, status]).toEqual([path, path.endsWith('nothing') ? 404 : 413]);
      }
    expect((await ask(gateway, '/overview', { key })).status).toBe(200);
    expect(await stop()).toBeGreaterThan(0);
  });
});
