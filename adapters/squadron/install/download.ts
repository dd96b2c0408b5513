import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isLoopback } from '../../../src/core/addresses.ts';
import { checkedLookup, literalAddress, refuseAddress } from '../../../src/core/checked-addresses.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { ProxySetting } from '../../../src/core/proxy.ts';
import { createAgent } from '../../../src/host/network/agent.ts';
import { createRoute } from '../../../src/host/network/proxy.ts';
import { writeTo } from './output.ts';
import { stopped } from './run-tool.ts';

/** Options of downloads. */
export interface Downloads {
  /** Configured hosts; only these may have private addresses or use plain HTTP. */
  readonly hosts: ReadonlySet<string>;
  /** The `proxy` at the top of mcp.json. */
  readonly proxy?: ProxySetting;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Maximum time without data, in milliseconds. */
  readonly stallMs?: number;
}

const STALL_MS = 30_000;
const MAX_HOPS = 5;
const TRIES = 3;
const PROGRESS_MS = 3_000;
const MB = 1024 * 1024;
const PUBLIC = { allowPrivate: false };
const MAX_TEXT_SIZE = 8 * MB;
const SILENCES: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const MAX_FILE_SIZE = 1024 * MB;

/** Downloads a text, such as a list of checksums. */
export async function fetchText(url: string, downloads: Downloads): Promise<string> {
  return again(url, downloads, async () => {
    const { body } = await open(new URL(url), downloads);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_TEXT_SIZE) throw failed(url, `it is larger than ${MAX_TEXT_SIZE / MB} MB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  });
}

/** Downloads a file and verifies its digest. An interrupted download is retried from the start. */
export async function fetchFile(url: string, file: string, sha256: string, downloads: Downloads): Promise<void> {
  const digest = await again(url, downloads, async () => {
    const { body, headers } = await open(new URL(url), downloads);
    const hash = createHash('sha256');
    await pipeline(body, meter(url, Number(headers['content-length']), hash, downloads.log), writeTo(file, 0o600));
    return hash.digest('hex');
  });
  if (digest !== sha256.toLowerCase()) {
    throw new GatewayError('CHECKSUM_MISMATCH', `${nameOf(url)} has the sha256 ${digest}, but checksums.txt has ${sha256}.`, {
      fix: 'Do not use it. Ask the publisher, or pin another version.',
    });
  }
}

async function again<T>(url: string, { signal, log, stallMs = STALL_MS }: Downloads, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) throw stopped();
      if (error instanceof GatewayError) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      const why = SILENCES.has(String(code)) ? `no data for ${stallMs / 1000} s` : message || String(code);
      if (attempt === TRIES) throw failed(url, why);
      log(`${nameOf(url)}: ${why}; retrying`);
    }
  }
}

function meter(url: string, total: number, hash: ReturnType<typeof createHash>, log: Downloads['log']): Transform {
  let size = 0;
  let logged = performance.now();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (performance.now() - logged > PROGRESS_MS) {
        logged = performance.now();
        log(`downloading ${nameOf(url)}: ${(size / MB).toFixed(1)}${total > 0 ? ` of ${(total / MB).toFixed(1)}` : ''} MB`);
      }
      done(size > MAX_FILE_SIZE ? failed(url, `it is larger than ${MAX_FILE_SIZE / MB} MB`) : null, chunk);
    },
  });
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

async function open(url: URL, downloads: Downloads, hops = 0): Promise<Answer> {
  const answer = await request(url, downloads);
  const { statusCode, headers, body } = answer;
  if (statusCode === 200) return answer;
  body.on('error', () => undefined).destroy();
  if (statusCode >= 300 && statusCode < 400 && typeof headers.location === 'string') {
    if (hops >= MAX_HOPS) throw failed(url.href, `more than ${MAX_HOPS} redirects`);
    return open(new URL(headers.location, url), downloads, hops + 1);
  }
  const fault = failed(url.href, `the server responded with HTTP ${statusCode}`);
  // A 5xx may be temporary and is retried; other errors are final.
  throw statusCode >= 500 ? new Error(`the server responded with HTTP ${statusCode}`) : fault;
}

async function request(url: URL, { hosts, proxy: top, signal, stallMs = STALL_MS }: Downloads): Promise<Answer> {
  const trusted = hosts.has(url.host);
  if (url.protocol !== 'https:' && !(trusted && url.protocol === 'http:')) throw failed(url.href, 'the address is not https');
  const literal = literalAddress(url.hostname);
  if (!trusted && literal !== undefined && refuseAddress(literal, PUBLIC) !== undefined) throw failed(url.href, 'the address is private');
  const proxy = createRoute({ top })(url);
  if (proxy && !trusted && isLoopback(url.hostname)) throw failed(url.href, 'the address is private');
  const lookup = trusted ? {} : { lookup: checkedLookup(PUBLIC) };
  const agent = await createAgent(() => proxy, { connectMs: stallMs, headersTimeout: stallMs, bodyTimeout: stallMs, ...lookup });
  const headers = { 'user-agent': 'plugmux', accept: 'application/octet-stream, application/json, */*' };
  try {
    const { request: send } = await import('undici');
    return await send(url, { dispatcher: agent, headers, signal });
  } finally {
    // Closes once the body has been read.
    void agent.close().catch(() => undefined);
  }
}

function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? url);
}

function failed(url: string, why: string): GatewayError {
  const { host, pathname } = new URL(url);
  return new GatewayError('DOWNLOAD_FAILED', `failed to download plugin: ${host}${pathname}: ${why}.`);
}
