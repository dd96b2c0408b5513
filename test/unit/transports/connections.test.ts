import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createConnectionCap } from '../../../src/transports/edge/connections.ts';

const limits = { connections: 6, connectionsPerAddress: 2, connectionsLoopback: 3 };

/** The address of a trusted proxy. */
const PROXY = '192.0.2.99';

/** The part of a socket that the limiter uses. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  bytesRead = 0;
  _httpMessage: object | null = null;
  readonly remoteAddress: string;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

function setUp(isShared = true) {
  const cap = createConnectionCap(limits, isShared, (address) => address === PROXY);
  const open = (address: string, state: { bytesRead?: number; isAnswering?: boolean } = {}): FakeSocket => {
    const socket = new FakeSocket(address);
    cap.admit(socket as unknown as Socket);
    socket.bytesRead = state.bytesRead ?? 1;
    if (state.isAnswering) socket._httpMessage = {};
    return socket;
  };
  return { cap, open };
}

const alive = (...sockets: FakeSocket[]): boolean[] => sockets.map(({ destroyed }) => !destroyed);

describe('createConnectionCap', () => {
  it('counts every loopback address as one, and leaves room for other machines', { tags: ['F27'] }, () => {
    const { cap, open } = setUp();
    const own = ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.3.2.1', '::ffff:7f00:9'].map((address) =>
      open(address, { isAnswering: true }),
    );
    expect(alive(...own)).toEqual([true, true, true, false, false]);
    const others = ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1'].map((address) => open(address, { isAnswering: true }));
    expect(alive(...others)).toEqual([true, true, false]);
    expect(cap.all().size).toBe(5);
  });

  it('never gives all connections to loopback if others can connect, even with a higher loopback limit', { tags: ['F27'] }, () => {
    for (const [isShared, most] of [
      [true, 4],
      [false, 6],
    ] as const) {
      const cap = createConnectionCap({ ...limits, connectionsLoopback: 1000 }, isShared, () => false);
      for (let i = 0; i < 10; i++) {
        const socket = new FakeSocket('127.0.0.1');
        socket._httpMessage = {};
        cap.admit(socket as unknown as Socket);
      }
      expect(cap.all().size).toBe(most);
    }
  });

  it('replaces idle connections of the same address: silent ones first, then the oldest', { tags: ['F27'] }, () => {
    const { open } = setUp();
    const [answering, idle, silent] = [open('::1', { isAnswering: true }), open('::1'), open('::1', { bytesRead: 0 })];
    const fourth = open('::1');
    expect(alive(answering, idle, silent, fourth)).toEqual([true, true, false, true]);
    const fifth = open('::1', { isAnswering: true });
    expect(alive(answering, idle, fourth, fifth)).toEqual([true, false, true, true]);
    const sixth = open('::1', { isAnswering: true });
    expect(alive(answering, fourth, fifth, sixth)).toEqual([true, false, true, true]);
    expect(alive(open('::1'), answering, fifth, sixth)).toEqual([false, true, true, true]);
  });

  it('never closes an upgraded connection for another one', { tags: ['F27'] }, () => {
    const { cap, open } = setUp();
    const sockets = [open('10.0.0.1'), open('10.0.0.1')];
    for (const socket of sockets) cap.hold(socket as unknown as Socket);
    expect(alive(open('10.0.0.1'), ...sockets)).toEqual([false, true, true]);
  });

  it('replaces one of the address with most connections if the total is reached', { tags: ['F27'] }, () => {
    const { open } = setUp();
    const [first, ...rest] = [open('10.0.0.1'), open('::1'), open('::1'), open('::1'), open('10.0.0.2'), open('10.0.0.3')] as FakeSocket[];
    const newcomer = open('10.0.0.4');
    expect(alive(first as FakeSocket, ...rest, newcomer)).toEqual([true, false, true, true, true, true, true]);
  });

  it('lets a trusted proxy use all connections, and replaces its idle ones for other clients', { tags: ['F27'] }, () => {
    const { open } = setUp();
    const proxied = Array.from({ length: 7 }, (_, i) => open(i % 2 ? PROXY : `::ffff:${PROXY}`, { isAnswering: i < 5 }));
    expect(alive(...proxied)).toEqual([true, true, true, true, true, false, true]);
    const other = open('192.0.2.1', { isAnswering: true });
    expect(alive(...proxied, other)).toEqual([true, true, true, true, true, false, false, true]);
  });

  it('forgets closed connections', { tags: ['F27'] }, () => {
    const { cap, open } = setUp();
    for (let i = 0; i < 100; i++) open('10.0.0.1', { isAnswering: true }).destroy();
    expect(cap.all().size).toBe(0);
    expect(alive(open('10.0.0.1'))).toEqual([true]);
  });
});
