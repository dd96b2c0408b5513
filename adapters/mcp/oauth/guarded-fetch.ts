import type { FetchLike } from '@modelcontextprotocol/client';
import { isLoopback as isLoopbackHost } from '../../../src/core/addresses.ts';
import { checkedLookup, literalAddress, refuseAddress } from '../../../src/core/checked-addresses.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { createAgent } from '../../../src/host/network/agent.ts';
import type { HttpProxy, Route } from '../../../src/host/network/proxy.ts';
import { proxyFault, toFetchFault } from '../../../src/host/network/unreachable.ts';

const MAX_MS = 30_000;
const MAX_SIZE = 1024 * 1024;
const PUBLIC = { allowPrivate: false };

/** A fetch for addresses from untrusted metadata, and its outcome. */
export interface GuardedFetch {
  readonly fetch: FetchLike;
  /** Why the last request got no usable response; undefined if it did. */
  trouble(): string | undefined;
  /** Throws if any address was rejected, even if the caller continued without it. */
  assertNothingRefused(): void;
}

/**
 * Fetches addresses that untrusted servers name during a login: https and public, except on configured hosts; no redirects;
 * 30 s and 1 MiB at most. Connects to the checked IP address. A proxy resolves names itself, so behind one only literal
 * addresses and names of this machine can be rejected.
 */
export function createGuardedFetch(named: readonly URL[], route: Route): GuardedFetch {
  let trouble: string | undefined;
  let refusal: GatewayError | undefined;
  const refused = (url: URL, why: string): GatewayError => {
    refusal ??= toRefusal(url, why);
    return refusal;
  };
  const routed = (url: URL): HttpProxy | undefined => {
    try {
      return route(url);
    } catch (error) {
      refusal ??= error as GatewayError;
      throw error;
    }
  };
  const hosts = new Set(named.map(({ hostname }) => hostname));
  // In local tests both servers run on one machine, under any of its names.
  const isNear = named.some(({ hostname }) => isLoopback(hostname));
  const isTrusted = (hostname: string): boolean => hosts.has(hostname) || (isNear && isLoopback(hostname));

  const guarded: FetchLike = async (input, init = {}) => {
    const url = new URL(input);
    const trusted = isTrusted(url.hostname);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && trusted)) throw refused(url, 'it is not https');
    if (url.username !== '' || url.password !== '') throw refused(url, 'it contains a user name or password');
    const literal = literalAddress(url.hostname);
    const why = trusted || literal === undefined ? undefined : refuseAddress(literal, PUBLIC);
    if (why !== undefined) throw refused(url, why);
    const proxy = routed(url);
    if (proxy && !trusted && isLoopback(url.hostname)) throw refused(url, 'it is on this machine');
    const { fetch } = await import('undici');
    const dispatcher = await createAgent(() => proxy, trusted ? {} : { lookup: checkedLookup(PUBLIC) });
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(MAX_MS), ...(init.signal ? [init.signal] : [])]);
      const response = await fetch(url, { ...init, redirect: 'manual', signal, dispatcher } as never);
      if (response.status >= 300 && response.status < 400) throw refused(url, 'it redirects');
      const body = await readAll(response.body as unknown as AsyncIterable<Uint8Array> | null);
      if (body === undefined) throw refused(url, `its response exceeds ${MAX_SIZE} bytes`);
      trouble = response.status >= 500 ? `${url.host} responded with HTTP ${response.status}` : undefined;
      const empty = response.status === 204 || response.status === 205;
      return new Response(empty ? null : body, { status: response.status, headers: [...response.headers] as [string, string][] });
    } catch (thrown) {
      const error = toFetchFault(thrown);
      const cause = ((error as Error).cause ?? error) as Error;
      if (cause.message?.startsWith('HOST_NOT_ALLOWED')) throw refused(url, 'its name resolves to an address that is not public');
      if (!(error instanceof GatewayError))
        trouble = [`${url.host} cannot be reached`, proxyFault(error)?.message].filter(Boolean).join(': ');
      throw error;
    } finally {
      void dispatcher.close();
    }
  };
  return {
    fetch: guarded,
    trouble: () => trouble,
    assertNothingRefused() {
      if (refusal) throw refusal;
    },
  };
}

/** Whether a host name or address always means this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname.endsWith('.localhost') || isLoopbackHost(literalAddress(hostname) ?? hostname);
}

async function readAll(body: AsyncIterable<Uint8Array> | null): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_SIZE) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function toRefusal(url: URL, why: string): GatewayError {
  return new GatewayError('LOGIN_REFUSED', `The login was stopped: the OAuth metadata names ${url.host}, and ${why}.`);
}
