import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopback, meantAddress } from '../core/addresses.ts';
import { Shares } from '../core/shares.ts';
import { responseOf } from './raw-reply.ts';

/** The limits of connections. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsLoopback: number;
}

/** Counts connections by address, and makes room or closes the surplus before a byte of it is read. */
export interface ConnectionCap {
  admit(socket: Socket): boolean;
  /** The connection is no longer one of HTTP: it stays open without a request. */
  hold(socket: Duplex): void;
  all(): ReadonlySet<Socket>;
}

interface Connection {
  readonly socket: Socket;
  readonly owner: string;
  /** Counts up, so the lower one is older. */
  readonly number: number;
}

/** This machine has many loopback addresses, which one process could use one after another. */
const LOOPBACK = 'loopback';

/** More than any gateway counts, so a connection that never sent a byte ranks before all that did. */
const NEVER_USED = 1e12;

/** A cap on connections. `isShared`: other machines can connect as well. `isProxy`: many clients come from this address. */
export function createConnectionCap(limits: ConnectionLimits, isShared: boolean, isProxy: (address: string) => boolean): ConnectionCap {
  const open = new Set<Socket>();
  const held = new WeakSet<Duplex>();
  const shares = new Shares<Connection>();
  // Other machines keep a share that processes of this one cannot use up.
  const mostLocal = ({ connections, connectionsPerAddress, connectionsLoopback }: ConnectionLimits): number =>
    Math.min(connectionsLoopback, isShared ? Math.max(Math.ceil(connections / 2), connections - connectionsPerAddress) : connections);
  let last = 0;

  const rank = ({ socket, number }: Connection): number | undefined => {
    if (held.has(socket) || responseOf(socket)) return undefined;
    return socket.bytesRead === 0 ? number - NEVER_USED : number;
  };

  const forget = (connection: Connection): void => {
    open.delete(connection.socket);
    shares.delete(connection.owner, connection);
  };

  const replaces = (idle: Connection | undefined): boolean => {
    if (!idle) return false;
    forget(idle);
    idle.socket.destroy();
    return true;
  };

  return {
    admit(socket) {
      const address = meantAddress(socket.remoteAddress ?? '');
      const owner = isLoopback(address) ? LOOPBACK : address;
      const most = isProxy(address) ? limits.connections : owner === LOOPBACK ? mostLocal(limits) : limits.connectionsPerAddress;
      const isFull = shares.sizeOf(owner) >= most;
      if (isFull || open.size >= limits.connections) {
        if (!replaces(isFull ? shares.firstOf(owner, rank) : shares.firstOfLargest(owner, rank))) {
          socket.destroy();
          return false;
        }
      }
      const connection = { socket, owner, number: ++last };
      open.add(socket);
      shares.add(owner, connection);
      socket.on('close', () => forget(connection));
      return true;
    },
    hold: (socket) => void held.add(socket),
    all: () => open,
  };
}
