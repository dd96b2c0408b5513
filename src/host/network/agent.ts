import type { Agent, Dispatcher, Pool } from 'undici';
import type { Lookup } from './addresses.ts';
import type { HttpProxy, Route } from './proxy.ts';
import { proxyFailure, refusalOf } from './unreachable.ts';

/** How an agent connects; times in milliseconds, 0 for no limit. */
export interface AgentOptions {
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
  readonly connectMs?: number;
  /** Looks names up for direct connections; through a proxy no name is looked up here. */
  readonly lookup?: Lookup;
}

const CONNECT_MS = 10_000;

type Undici = typeof import('undici');

/** An agent whose requests go through the proxies of a route: plain ones as such, those over TLS through a tunnel. */
export async function createAgent(route: Route, { connectMs = CONNECT_MS, lookup, ...timeouts }: AgentOptions = {}): Promise<Agent> {
  const undici = await import('undici');
  return new undici.Agent({
    ...timeouts,
    connect: { timeout: connectMs, ...(lookup === undefined ? {} : { lookup: lookup as never }) },
    factory(origin, options) {
      const target = new URL(origin);
      const proxy = route(target);
      if (!proxy) return new undici.Pool(target, options);
      const poolOptions = { ...(options as Pool.Options), connect: undefined };
      return target.protocol === 'https:'
        ? inTunnel(undici, target, proxy, poolOptions, connectMs)
        : asProxied(undici, target, proxy, poolOptions, connectMs);
    },
  });
}

function inTunnel(undici: Undici, target: URL, proxy: HttpProxy, options: Pool.Options, timeout: number): Dispatcher {
  const connect = undici.buildConnector({ timeout });
  return new undici.Pool(target, {
    ...options,
    connect(wanted, done) {
      // What it needs of Node is not loaded where no proxy is used.
      const tunnel = import('./tunnel.ts').then(({ openTunnel }) => openTunnel(proxy, target, timeout));
      tunnel.then(
        (httpSocket) => connect({ ...wanted, httpSocket }, done),
        (error) => done(error, null),
      );
    },
  });
}

function asProxied(undici: Undici, target: URL, proxy: HttpProxy, options: Pool.Options, timeout: number): Dispatcher {
  const connect = undici.buildConnector({ timeout });
  const pool = new undici.Pool(proxy.url, {
    ...options,
    connect: (wanted, done) =>
      connect(wanted, (...[error, socket]) => (error ? done(proxyFailure(proxy, error), null) : done(null, socket))),
  });
  const { authorization } = proxy;
  const own = { host: target.host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
  return pool.compose((dispatch) => (request, handler) => {
    const headers = { ...(request.headers as Record<string, string>), ...own };
    return dispatch({ ...request, path: target.origin + request.path, headers }, refusing(proxy, handler));
  });
}

// Only a proxy answers with 407, and what it says there is not for the requester.
function refusing(proxy: HttpProxy, inner: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => inner.onRequestStart?.(...args),
    onRequestUpgrade: (...args) => inner.onRequestUpgrade?.(...args),
    onResponseStart(controller, status, ...rest) {
      const refusal = refusalOf(proxy, status);
      if (refusal === undefined) inner.onResponseStart?.(controller, status, ...rest);
      else controller.abort(refusal);
    },
    onResponseData: (...args) => inner.onResponseData?.(...args),
    onResponseEnd: (...args) => inner.onResponseEnd?.(...args),
    onResponseError: (...args) => inner.onResponseError?.(...args),
  };
}
