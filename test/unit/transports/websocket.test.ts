import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { toLimits } from '../../../src/config/limits.ts';
import { localCaller } from '../../../src/core/contract/caller.ts';
import type { Engine } from '../../../src/mcp/engine.ts';
import { createWebSocket } from '../../../src/transports/websocket.ts';

/** Only intervals are faked; the sockets are real. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A WebSocket address in front of an engine that only records messages. */
async function serve(messageBytes = 1_000) {
  const received: string[] = [];
  const closed: string[] = [];
  const engine = {
    read: (data: Buffer) => data.toString(),
    connect: (_: unknown, __: unknown, ___: unknown, hopeless: () => void) => ({
      receive: (text: string) => {
        received.push(text);
        if (text === 'hopeless') hopeless();
      },
      pendingCount: () => 0,
      interrupt: () => undefined,
      close: (reason: string) => void closed.push(reason),
    }),
  } as unknown as Engine;
  const transport = createWebSocket(engine, toLimits({ messageBytes }), () => localCaller());
  const server = createServer().on('upgrade', transport.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  const connect = async (options: object = {}): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, 'mcp', options);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };
  /** Waits until all bytes of a client have been read. */
  const arrived = async (socket: WebSocket): Promise<void> => {
    const count = received.length;
    socket.send('mark');
    await vi.waitFor(() => expect(received.length).toBe(count + 1));
  };
  return { received, closed, transport, connect, arrived };
}

const codeOf = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve));
const pinged = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.once('ping', resolve));

describe('a WebSocket', () => {
  it.each([
    ['a binary frame', (socket: WebSocket) => socket.send(Buffer.from('{}')), 1003],
    ['too large a message', (socket: WebSocket) => socket.send('x'.repeat(2_000)), 1009],
    ['a hopeless client', (socket: WebSocket) => socket.send('hopeless'), 1008],
    ['a close of its own', (socket: WebSocket) => socket.close(1000), 1000],
    // A close frame between two fragments of a message is legal.
    [
      'a close in the midst of a message',
      (socket: WebSocket) => {
        socket.send('half', { fin: false });
        socket.close(1000);
      },
      1000,
    ],
  ])('ignores messages after %s, buffered or sent later', { tags: ['websocket-frames'] }, async (_, act, code) => {
    const { received, closed, connect } = await serve();
    const socket = await connect();
    const end = codeOf(socket);
    // The client of this library sends nothing after close, so its frames are written by hand.
    const raw = (socket as unknown as { _socket: NodeJS.WritableStream })._socket;
    const frame = Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from('late')]);
    socket.send('first');
    (raw as unknown as { cork(): void }).cork();
    act(socket);
    raw.write(frame);
    (raw as unknown as { uncork(): void }).uncork();
    raw.write(frame);
    expect(await end).toBe(code);
    expect(received.filter((text) => text !== 'hopeless')).toEqual(['first']);
    await vi.waitFor(() => expect(closed.length).toBeGreaterThan(0));
  });

  it('is disconnected after 45 s without an answer to a ping, and not before', { tags: ['websocket-pings'] }, async () => {
    const { closed, transport, connect, arrived } = await serve();
    const [silent, alive] = [await connect({ autoPong: false }), await connect()];
    const end = codeOf(silent);
    for (let seconds = 15; seconds <= 45; seconds += 15) {
      const pings = [pinged(silent), pinged(alive)];
      vi.advanceTimersByTime(15_000);
      await Promise.all(pings);
      await arrived(alive);
    }
    expect(transport.open()).toBe(2);
    vi.advanceTimersByTime(15_000);
    expect(await end).toBe(1006);
    await vi.waitFor(() => expect(closed).toEqual(['the client closed the connection']));
    expect(transport.open()).toBe(1);
  });

  it('stays open while it answers occasionally', { tags: ['websocket-pings'] }, async () => {
    const { transport, connect, arrived } = await serve();
    const socket = await connect({ autoPong: false });
    for (let count = 1; count <= 12; count++) {
      const ping = pinged(socket);
      vi.advanceTimersByTime(15_000);
      await ping;
      if (count % 3 === 0) {
        socket.pong();
        await arrived(socket);
      }
    }
    expect(transport.open()).toBe(1);
  });
});
