import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32, gzipSync } from 'node:zlib';
import { listen } from './http-server.ts';

/** A local server of fake releases. */
export interface ReleaseServer {
  readonly base: string;
  /** Requested paths, in order. */
  readonly asked: string[];
  /** The reply at a path: contents, or a function that writes the response. */
  readonly files: Map<string, Buffer | string | ((request: IncomingMessage, response: ServerResponse) => void)>;
}

/** Starts one; it ends with the test. */
export async function serveReleases(): Promise<ReleaseServer> {
  const asked: string[] = [];
  const files: ReleaseServer['files'] = new Map();
  const base = await listen((request, response) => {
    asked.push(request.url ?? '');
    const file = files.get(decodeURIComponent(request.url ?? ''));
    if (typeof file === 'function') return file(request, response);
    if (file === undefined) return void response.writeHead(404).end('not here');
    response.end(file);
  });
  return { base, asked, files };
}

/** One entry of an archive. */
export interface TarEntry {
  readonly name: string;
  readonly data?: Buffer | string;
  /** `0` file, `2` symbolic link, `5` folder. */
  readonly type?: string;
  readonly link?: string;
}

/** A `.tar.gz` with exactly the given entries, including malicious ones. */
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

/** A line of a checksum file. */
export function checksumLine(name: string, data: Buffer | string): string {
  return `${createHash('sha256').update(data).digest('hex')}  ${name}\n`;
}

/** A `.zip` with uncompressed entries. */
export function makeZip(entries: Readonly<Record<string, string>>): Buffer {
  let offset = 0;
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  for (const [name, data] of Object.entries(entries)) {
    const [path, body] = [Buffer.from(name), Buffer.from(data)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, path, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), common, rest, path]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
