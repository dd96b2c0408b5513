import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopback, meantAddress } from '../../core/addresses.ts';
import { type Logger, silentLog } from '../../core/log.ts';
import { Shares } from '../../core/shares.ts';
import { responseOf } from '../raw-reply.ts';
import { programsBehind } from './local-programs.ts';

/** The limits of connections. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsLoopback: number;
}

/** Limits connections by address. Over the limit, an idle connection is closed, or the new one before a byte of it is read. */
export interface ConnectionCap {
  admit(socket: Socket): boolean;
  /** Marks a connection as upgraded: it stays open without a request. */
  hold(socket: Duplex): void;
  all(): ReadonlySet<Socket>;
}

interface Connection {
  readonly socket: Socket;
  readonly owner: string;
  /** Counts up, so the lower one is older. */
  readonly number: number;
}

/** All loopback addresses count as one, since one process can use many of them. */
const LOOPBACK = 'loopback';

/** Above any connection number, so connections that never sent a byte are closed first. */
const NEVER_USED = 1e12;

/** One local program gets at most 7/8 of the connections from this machine. */
const KEPT_SHARE = 8;
/** Delay before the connections of each local program are counted. */
const CHECK_MS = 50;

/** Creates the limiter. `isShared`: other machines can connect as well. `isProxy`: many clients come from this address. */
export function createConnectionCap(
  limits: ConnectionLimits,
  isShared: boolean,
  isProxy: (address: string) => boolean,
  log: Logger = silentLog,
): ConnectionCap {
  const open = new Set<Socket>();
  const held = new WeakSet<Duplex>();
  const shares = new Shares<Connection>();
  // Local processes must not use up the connections of other machines.
  const maxLocal = ({ connections, connectionsPerAddress, connectionsLoopback }: ConnectionLimits): number =>
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

  // Finding the programs takes some milliseconds, so it is done only when the last eighth is in use.
  let isChecking = false;
  let lastWarned = '';
  const closeSurplus = (): void => {
    isChecking = false;
    const max = maxLocal(limits) - Math.floor(maxLocal(limits) / KEPT_SHARE);
    const byProgram = new Map<string, Connection[]>();
    const local = new Map([...shares.of(LOOPBACK)].map((connection) => [connection.socket, connection]));
    for (const [socket, program] of programsBehind(local.keys())) {
      const own = byProgram.get(program) ?? [];
      byProgram.set(program, own);
      own.push(local.get(socket) as Connection);
    }
    for (const [program, own] of byProgram) {
      if (own.length <= max) continue;
      if (lastWarned !== program)
        log.warn(`The local ${program} has ${own.length} connections; those over ${max} are closed, so that other programs can connect.`);
      lastWarned = program;
      for (const connection of own.sort((a, b) => a.number - b.number).slice(max)) {
        forget(connection);
        connection.socket.destroy();
      }
    }
  };
  const reserve = (owner: string, max: number): void => {
    if (owner !== LOOPBACK || shares.sizeOf(owner) <= max - Math.floor(max / KEPT_SHARE)) return;
    if (!isChecking) setTimeout(closeSurplus, CHECK_MS).unref();
    isChecking = true;
  };

  return {
    admit(socket) {
      // A connection is admitted a second time if it starts with an upgrade request that is not supported.
      if (open.has(socket)) return true;
      const address = meantAddress(socket.remoteAddress ?? '');
      const owner = isLoopback(address) ? LOOPBACK : address;
      const max = isProxy(address) ? limits.connections : owner === LOOPBACK ? maxLocal(limits) : limits.connectionsPerAddress;
      const isFull = shares.sizeOf(owner) >= max;
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
      if (!isProxy(address)) reserve(owner, max);
      return true;
    },
    hold: (socket) => void held.add(socket),
    all: () => open,
  };
}
