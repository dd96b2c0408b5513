import type { Socket } from 'node:net';
import { isLoopback } from '../config/listen.ts';

/** The limits of connections. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsLoopback: number;
}

/** Counts connections by address and turns away the surplus before a byte of them is read. */
export function createConnectionCap(limits: ConnectionLimits): {
  admit(socket: Socket): boolean;
  all(): ReadonlySet<Socket>;
} {
  const open = new Set<Socket>();
  const perAddress = new Map<string, number>();
  return {
    admit(socket) {
      const address = socket.remoteAddress ?? '';
      const held = perAddress.get(address) ?? 0;
      const most = isLoopback(address.replace(/^::ffff:/, '')) ? limits.connectionsLoopback : limits.connectionsPerAddress;
      if (open.size >= limits.connections || held >= most) {
        socket.destroy();
        return false;
      }
      open.add(socket);
      perAddress.set(address, held + 1);
      socket.on('close', () => {
        open.delete(socket);
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left > 0) perAddress.set(address, left);
        else perAddress.delete(address);
      });
      return true;
    },
    all: () => open,
  };
}
