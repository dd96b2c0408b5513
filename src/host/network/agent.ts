import type { Agent, Dispatcher, Pool } from 'undici';
import type { Lookup } from '../../core/checked-addresses.ts';
import type { HttpProxy, Route } from './proxy.ts';
import { proxyFailure, refusalOf } from './unreachable.ts';

/** Options of an agent; times in milliseconds, 0 for no limit. */
export interface AgentOptions {
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
  readonly connectMs?: number;
  /** Resolves names for direct connections; a proxy resolves names itself. */
  readonly lookup?: Lookup;
}

const CONNECT_MS = 10_000;

type Undici = typeof import('undici');

/** Creates an agent that uses the proxies of a route: directly for plain HTTP, through a tunnel for TLS. */
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
      // Imported on demand, so that its Node modules are not loaded without a proxy.
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

// Only a proxy sends 407, and the body of that response is not meant for the caller.
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
