import { connect, createServer, type Socket } from 'node:net';
import type { AtEnd } from './temp.ts';

/** What a link does to the bytes it carries, in both directions. */
export interface Fault {
  /** Delays all bytes by this time. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /** Resets a connection after this many bytes. */
  readonly cutAfter?: number;
  /** Drops all bytes silently. */
  readonly swallows?: boolean;
  /** Flips one bit of every chunk. */
  readonly flips?: boolean;
}

/** A TCP link whose fault can be changed while it is in use. */
export interface BadLink {
  readonly host: string;
  fault: Fault;
}

const SLICE_MS = 20;

/** A local link to `address`, given as host:port. */
export async function openLink(address: string, atEnd: AtEnd): Promise<BadLink> {
  const [host, port] = address.split(':') as [string, string];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    const passed = { bytes: 0 };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      const pass = createPass(link, to, passed, () => {
        near.resetAndDestroy();
        far.resetAndDestroy();
      });
      from.on('data', (chunk: Buffer) => pass(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const link: BadLink = { host: `127.0.0.1:${(server.address() as { port: number }).port}`, fault: {} };
  return link;
}

// Chunks are sent in order, with the delay of the current fault.
function createPass(link: BadLink, to: Socket, passed: { bytes: number }, cut: () => void): (chunk: Buffer) => void {
  let last: Promise<unknown> = Promise.resolve();
  const write = async (chunk: Buffer): Promise<void> => {
    const { delayMs = 0, bytesPerSecond, cutAfter, swallows, flips } = link.fault;
    if (swallows) return;
    if (delayMs > 0) await sleep(delayMs);
    if (flips) chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] as number) ^ 1;
    const size = bytesPerSecond === undefined ? chunk.length : Math.max(1, Math.round((bytesPerSecond * SLICE_MS) / 1000));
    for (let at = 0; at < chunk.length && !to.destroyed; at += size) {
      const slice = chunk.subarray(at, at + size);
      passed.bytes += slice.length;
      if (cutAfter !== undefined && passed.bytes > cutAfter) return cut();
      to.write(slice);
      if (bytesPerSecond !== undefined) await sleep(SLICE_MS);
    }
  };
  return (chunk) => {
    last = last.then(() => write(chunk));
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
