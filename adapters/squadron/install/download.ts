import { createHash } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../../../src/core/errors.ts';
import { checkedLookup, literalAddress, refuseAddress } from '../../../src/host/addresses.ts';
import { writeTo } from './output.ts';
import { stopped } from './run-tool.ts';

/** How files are fetched. */
export interface Downloads {
  /** Hosts that the configuration names: they may be private and plain, as no other may. */
  readonly hosts: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Longest silence on the way, in milliseconds. */
  readonly stallMs?: number;
}

const STALL_MS = 30_000;
const MOST_HOPS = 5;
const TRIES = 3;
const PROGRESS_MS = 3_000;
const MB = 1024 * 1024;
const PUBLIC = { allowPrivate: false };
const LARGEST_TEXT = 8 * MB;
const LARGEST_FILE = 1024 * MB;

/** Fetches a text such as a list of checksums. */
export async function fetchText(url: string, downloads: Downloads): Promise<string> {
  return again(url, downloads, async () => {
    const response = await open(new URL(url), downloads);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_TEXT) throw failed(url, `it is larger than ${LARGEST_TEXT / MB} MB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  });
}

/** Fetches a file and compares its digest. What does not fit is refused; a cut download is tried again whole. */
export async function fetchFile(url: string, file: string, sha256: string, downloads: Downloads): Promise<void> {
  const digest = await again(url, downloads, async () => {
    const response = await open(new URL(url), downloads);
    const hash = createHash('sha256');
    await pipeline(response, meter(url, Number(response.headers['content-length']), hash, downloads.log), writeTo(file, 0o600));
    return hash.digest('hex');
  });
  if (digest !== sha256.toLowerCase()) {
    throw new GatewayError('CHECKSUM_MISMATCH', `${nameOf(url)} has the sha256 ${digest}, and checksums.txt says ${sha256}.`, {
      fix: 'Do not use it: ask the publisher, or pin another version.',
    });
  }
}

async function again<T>(url: string, { signal, log }: Downloads, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) throw stopped();
      if (error instanceof GatewayError) throw error;
      const why = (error as Error).message || String((error as NodeJS.ErrnoException).code);
      if (attempt === TRIES) throw failed(url, why);
      log(`${nameOf(url)}: ${why}; trying again`);
    }
  }
}

function meter(url: string, total: number, hash: ReturnType<typeof createHash>, log: Downloads['log']): Transform {
  let size = 0;
  let told = performance.now();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (performance.now() - told > PROGRESS_MS) {
        told = performance.now();
        log(`downloading ${nameOf(url)}: ${(size / MB).toFixed(1)}${total > 0 ? ` of ${(total / MB).toFixed(1)}` : ''} MB`);
      }
      done(size > LARGEST_FILE ? failed(url, `it is larger than ${LARGEST_FILE / MB} MB`) : null, chunk);
    },
  });
}

async function open(url: URL, downloads: Downloads, hops = 0): Promise<IncomingMessage> {
  const response = await request(url, downloads);
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) return response;
  response.destroy();
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
    if (hops >= MOST_HOPS) throw failed(url.href, 'it is redirected too often');
    return open(new URL(headers.location, url), downloads, hops + 1);
  }
  const fault = failed(url.href, `the server answered ${statusCode}`);
  // What a busy server says may be otherwise in a moment; everything else stays.
  throw statusCode >= 500 ? new Error(`the server answered ${statusCode}`) : fault;
}

function request(url: URL, { hosts, signal, stallMs = STALL_MS }: Downloads): Promise<IncomingMessage> {
  const trusted = hosts.has(url.host);
  if (url.protocol !== 'https:' && !(trusted && url.protocol === 'http:')) throw failed(url.href, 'the address is not https');
  const literal = literalAddress(url.hostname);
  if (!trusted && literal !== undefined && refuseAddress(literal, PUBLIC) !== undefined)
    throw failed(url.href, 'the address is a private one');
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? httpsGet : httpGet;
    const headers = { 'user-agent': 'plugmux', accept: 'application/octet-stream, application/json, */*' };
    let response: IncomingMessage | undefined;
    const call = get(
      url,
      { headers, signal, timeout: stallMs, ...(trusted ? {} : { lookup: checkedLookup(PUBLIC) as LookupFunction }) },
      (answer) => {
        response = answer;
        resolve(answer);
      },
    );
    call.on('timeout', () => (response ?? call).destroy(new Error(`nothing came for ${stallMs / 1000} s`)));
    call.on('error', reject);
  });
}

function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? url);
}

function failed(url: string, why: string): GatewayError {
  const { host, pathname } = new URL(url);
  return new GatewayError('DOWNLOAD_FAILED', `failed to download plugin: ${host}${pathname}: ${why}.`);
}
