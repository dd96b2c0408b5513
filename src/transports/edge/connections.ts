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

/** Of the connections from this machine, one program gets no more than all but an eighth. */
const KEPT_SHARE = 8;
/** How soon a program is looked at that may have more; it may do as it likes until then. */
const LOOK_MS = 50;

/** A cap on connections. `isShared`: other machines can connect as well. `isProxy`: many clients come from this address. */
export function createConnectionCap(
  limits: ConnectionLimits,
  isShared: boolean,
  isProxy: (address: string) => boolean,
  log: Logger = silentLog,
): ConnectionCap {
  const open = new Set<Socket>();
  const held = new WeakSet<Duplex>();
  const shares = new Shares<Connection>();
  // Other machines keep a share that processes of this one cannot use up.
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

  // Looked at only where the last eighth is touched: it takes some milliseconds.
  let isLooking = false;
  let told = '';
  const look = (): void => {
    isLooking = false;
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
      if (told !== program)
        log.warn(`The ${program} of this machine has ${own.length} connections; it gets ${max}, so that others have some.`);
      told = program;
      for (const connection of own.sort((a, b) => a.number - b.number).slice(max)) {
        forget(connection);
        connection.socket.destroy();
      }
    }
  };
  const reserve = (owner: string, max: number): void => {
    if (owner !== LOOPBACK || shares.sizeOf(owner) <= max - Math.floor(max / KEPT_SHARE)) return;
    if (!isLooking) setTimeout(look, LOOK_MS).unref();
    isLooking = true;
  };

  return {
    admit(socket) {
      // One that began with a request to upgrade it to something else comes here again.
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
