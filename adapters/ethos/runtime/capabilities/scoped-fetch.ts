import { checkedLookup, type Lookup, literalAddress, refuseAddress } from '../../../../src/core/checked-addresses.ts';
import type { NetworkBounds } from '../../../../src/core/contract/bounds.ts';
import { isHostAllowed } from './hosts.ts';

const MAX_HOPS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that must not be sent to another origin. */
const PRIVATE_HEADERS = ['authorization', 'cookie', 'proxy-authorization', 'host'];

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The network capability of a tool: a function that also has a method `fetch`. */
export type ScopedFetch = Fetch & { readonly fetch: Fetch };

/** `fetch` limited to hosts that the tool declared and its caller's profile allows. Every redirect is checked too. */
export function createScopedFetch(declared: readonly string[], rules: NetworkBounds, signal: AbortSignal, lookup?: Lookup): ScopedFetch {
  let client: Promise<{ fetch: Fetch; dispatcher: unknown }> | undefined;
  const open = async () => {
    const { Agent, fetch } = await import('undici');
    // Connections are not reused across calls: the next caller may have different rules.
    const dispatcher = new Agent({ connect: { lookup: checkedLookup(rules, lookup) as never }, pipelining: 0, keepAliveTimeout: 1 });
    return { fetch: fetch as unknown as Fetch, dispatcher };
  };

  const scoped: Fetch = async (url, init = {}) => {
    client ??= open();
    const { fetch, dispatcher } = await client;
    const mode = init.redirect ?? 'follow';
    let target = check(url, declared, rules);
    let request: RequestInit = { ...init, redirect: 'manual', signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal };
    for (let hops = 0; ; hops++) {
      const response = await unwrap(fetch(target, { ...request, dispatcher } as RequestInit));
      const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
      if (location === null || mode === 'manual') return response;
      if (mode === 'error') throw new TypeError(`${target.origin} responded with a redirect.`);
      if (hops >= MAX_HOPS) throw new TypeError(`${target.origin} redirects more than ${MAX_HOPS} times.`);
      await response.body?.cancel();
      const next = check(new URL(location, target), declared, rules);
      request = forNext(request, response.status, next.origin !== target.origin);
      target = next;
    }
  };
  return Object.assign((url: string | URL, init?: RequestInit) => scoped(url, init), { fetch: scoped });
}

function check(url: string | URL | Request, declared: readonly string[], rules: NetworkBounds): URL {
  const target = new URL(typeof url === 'object' && 'url' in url ? url.url : String(url));
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new Error(`HOST_NOT_ALLOWED: only http and https can be fetched, not ${target.protocol}`);
  }
  const address = literalAddress(target.hostname);
  const refused = address === undefined ? undefined : refuseAddress(address, rules);
  if (refused !== undefined) throw new Error(`HOST_NOT_ALLOWED: ${target.hostname}: ${refused}.`);
  if (!isHostAllowed(target.hostname, declared, rules)) {
    throw new Error(`HOST_NOT_ALLOWED: ${target.hostname} is not among the hosts that this tool declared and the profile allows.`);
  }
  return target;
}

function forNext(request: RequestInit, status: number, elsewhere: boolean): RequestInit {
  const headers = new Headers(request.headers);
  if (elsewhere) for (const name of PRIVATE_HEADERS) headers.delete(name);
  const method = (request.method ?? 'GET').toUpperCase();
  const toGet = (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');
  if (!toGet) return { ...request, headers };
  for (const name of ['content-type', 'content-length', 'content-encoding']) headers.delete(name);
  const { body: _, ...rest } = request;
  return { ...rest, method: 'GET', headers };
}

// undici wraps connect errors; unwrap a rejection so that the tool gets its message.
async function unwrap(answer: Promise<Response>): Promise<Response> {
  try {
    return await answer;
  } catch (error) {
    const { cause } = error as Error;
    throw cause instanceof Error && cause.message.startsWith('HOST_NOT_ALLOWED') ? cause : error;
  }
}
