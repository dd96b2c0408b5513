import { resolve } from 'node:path';
import { literalAddress, refuseAddress } from '../../core/checked-addresses.ts';
import { GatewayError } from '../../core/errors.ts';
import { type ProxySetting, parseProxy } from '../../core/proxy.ts';
import { createExemptions } from './no-proxy.ts';

/** The `proxy` keys of mcp.json: of the server itself, which takes precedence, and at the top level. */
export interface ProxySettings {
  readonly own?: ProxySetting;
  readonly top?: ProxySetting;
}

/** A proxy for a request. */
export interface HttpProxy {
  /** Without user name and password. */
  readonly url: URL;
  /** Value of the Proxy-Authorization header. */
  readonly authorization: string | undefined;
  /** Its address with the login redacted, and the setting it comes from; for messages. */
  readonly name: string;
}

/** Selects the proxy for a URL; undefined: none. Throws CONFIG_INVALID for a URL that the proxy cannot reach. */
export type Route = (url: URL) => HttpProxy | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

const PASSED = /^((https?|no|all)_proxy|node_extra_ca_certs)$/i;
const REPLACED = /^(https?|all)_proxy$/i;

/**
 * Creates the route from settings and environment: the server's `proxy`, then the top-level one, then environment
 * variables, lower case first. NO_PROXY applies to the latter two.
 */
export function createRoute({ own, top }: ProxySettings, env: Environment = process.env): Route {
  const isExempt = own === undefined ? createExemptions(env.no_proxy || env.NO_PROXY || '') : () => false;
  return (url) => {
    const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
    const [address, source] = own !== undefined || top !== undefined ? [own ?? top, '"proxy"'] : fromEnvironment(isSecure, env);
    if (address === undefined || address === false || isExempt(url.hostname, url.port || (isSecure ? '443' : '80'))) return undefined;
    const proxy = toProxy(address, source);
    const literal = literalAddress(url.hostname);
    const why = literal === undefined ? undefined : refuseAddress(literal, { allowPrivate: false });
    // A private address refers to a different machine when the proxy connects to it.
    if (why !== undefined) {
      throw new GatewayError('CONFIG_INVALID', `${url.host} is not requested from the proxy ${proxy.name}: ${why}.`, {
        fix: 'Add the address to NO_PROXY or set "proxy": false to connect directly, or use a host name that the proxy knows.',
      });
    }
    return proxy;
  };
}

/** Parses a proxy address, with or without a scheme. Throws CONFIG_INVALID if it is not an HTTP proxy. */
export function toProxy(address: string, source: string): HttpProxy {
  const url = parseProxy(address);
  if (!url) {
    throw new GatewayError('CONFIG_INVALID', `${source} is not the address of an HTTP proxy.`, {
      fix: 'Use the form http://proxy.example.com:3128.',
    });
  }
  const { username, password, protocol, host } = url;
  const hasLogin = username !== '' || password !== '';
  const login = hasLogin ? Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64') : undefined;
  return {
    url: new URL(`${protocol}//${host}`),
    authorization: login === undefined ? undefined : `Basic ${login}`,
    name: `${protocol}//${hasLogin ? '[redacted]@' : ''}${host} (${source})`,
  };
}

/** The proxy address that the environment sets for a scheme, and the name of the variable. */
export function fromEnvironment(isSecure: boolean, env: Environment): [string | undefined, string] {
  const [low, high] = isSecure ? (['https_proxy', 'HTTPS_PROXY'] as const) : (['http_proxy', 'HTTP_PROXY'] as const);
  return env[low] ? [env[low], low] : [env[high] || undefined, high];
}

/**
 * Environment variables that give child programs the gateway's network settings: proxies and CA certificates. Names that
 * `own` sets, in upper or lower case, are left out.
 */
export function networkVariables(
  { own: key, top }: ProxySettings,
  own: Environment,
  env: Environment = process.env,
): Record<string, string> {
  const setting = key ?? top;
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!value || !PASSED.test(name) || (setting !== undefined && REPLACED.test(name))) continue;
    found[name] = name === 'NODE_EXTRA_CA_CERTS' ? resolve(value) : value;
  }
  const url = typeof setting === 'string' ? parseProxy(setting) : undefined;
  if (url) {
    const login = url.username === '' && url.password === '' ? '' : `${url.username}:${url.password}@`;
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) found[name] = `${url.protocol}//${login}${url.host}`;
  }
  return Object.fromEntries(Object.entries(found).filter(([name]) => !taken.has(name.toLowerCase())));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
