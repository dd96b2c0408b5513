import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A place on this machine that serves made-up releases. */
export interface ReleaseServer {
  readonly base: string;
  /** What was asked for, in order. */
  readonly asked: string[];
  /** What is answered at a path: contents, or a function that answers itself. */
  readonly files: Map<string, Buffer | string | ((request: IncomingMessage, response: ServerResponse) => void)>;
}

/** Starts one; it ends with the test. */
export async function serveReleases(): Promise<ReleaseServer> {
  const asked: string[] = [];
  const files: ReleaseServer['files'] = new Map();
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const file = files.get(decodeURIComponent(request.url ?? ''));
    if (typeof file === 'function') return file(request, response);
    if (file === undefined) return void response.writeHead(404).end('not here');
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, files };
}

/** One entry of an archive. */
export interface TarEntry {
  readonly name: string;
  readonly data?: Buffer | string;
  /** `0` file, `2` symbolic link, `5` folder. */
  readonly type?: string;
  readonly link?: string;
}

/** A `.tar.gz` exactly as told, tricks included. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, data = '', type = '0', link = '' }) => {
    const body = Buffer.from(data);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000755\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** The line of a list of checksums. */
export function checksumLine(name: string, data: Buffer | string): string {
  return `${createHash('sha256').update(data).digest('hex')}  ${name}\n`;
}
