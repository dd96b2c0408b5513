import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';
import { meantAddress } from '../../core/addresses.ts';

/** The two ends of a connection, as seen by the gateway. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

interface Owner {
  readonly user: string;
  readonly inode: string;
}

const MAPPED = '0000000000000000FFFF0000';

/**
 * The program at the other end of each local connection: its process, or its user if the process cannot be read. Connections
 * without either are left out, which is all of them on systems other than Linux.
 */
export function programsBehind<T extends Ends>(connections: Iterable<T>): ReadonlyMap<T, string> {
  const owners = readTables();
  const found = new Map<T, Owner>();
  for (const connection of connections) {
    const owner = owners.get(keyOf(connection));
    if (owner) found.set(connection, owner);
  }
  const processes = processesOf(new Set([...found.values()].map(({ inode }) => inode)));
  return new Map([...found].map(([connection, { user, inode }]) => [connection, processes.get(inode) ?? `user ${user}`]));
}

// Each line of a table is a socket of this machine, so a local client's own socket is listed.
function readTables(): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readLines(`/proc/net/${table}`)) {
      const [, local = '', remote = '', , , , , user = '', , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      const [, to = ''] = remote.split(':');
      owners.set(`${address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address}:${port}:${to}`, { user, inode });
    }
  }
  return owners;
}

function keyOf({ remoteAddress = '', remotePort = 0, localPort = 0 }: Ends): string {
  const address = meantAddress(remoteAddress);
  const port = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
  return `${isIPv4(address) ? inTable(address.split('.').map(Number)) : LOOPBACK_6}:${port(remotePort)}:${port(localPort)}`;
}

/** The only IPv6 loopback address, `::1`. */
const LOOPBACK_6 = [0, 0, 0, 1].map((word) => inTable([0, 0, 0, word])).join('');

// Four bytes as the kernel prints them: one number in the processor's byte order.
function inTable(bytes: readonly number[]): string {
  const ordered = endianness() === 'LE' ? [...bytes].reverse() : bytes;
  return ordered.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function processesOf(inodes: ReadonlySet<string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pid of list('/proc')) {
    if (found.size === inodes.size) break;
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) found.set(inode, `process ${pid}`);
    }
  }
  return found;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1, -1);
  } catch {
    return [];
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
