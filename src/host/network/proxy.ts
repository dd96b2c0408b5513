import { resolve } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { type ProxySetting, parseProxy } from '../../core/proxy.ts';
import { literalAddress, refuseAddress } from './addresses.ts';
import { createExemptions } from './no-proxy.ts';

/** What mcp.json says of proxies: under the server itself, which wins, and at the top. */
export interface ProxySettings {
  readonly own?: ProxySetting;
  readonly top?: ProxySetting;
}

/** A proxy that a request goes through. */
export interface HttpProxy {
  /** Without the login. */
  readonly url: URL;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
  /** Its address, without the login, and where it comes from. */
  readonly name: string;
}

/** The proxy that an address is reached through; undefined: none. Throws CONFIG_INVALID if it cannot be reached that way. */
export type Route = (url: URL) => HttpProxy | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

const HELD = /^((https?|no|all)_proxy|node_extra_ca_certs)$/i;
const REPLACED = /^(https?|all)_proxy$/i;

/**
 * Decides which requests go through a proxy: the server's own `proxy`, else the one at the top, else the variables of the
 * environment, lower case first. NO_PROXY exempts from the latter two.
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
    // Such an address means another machine to the proxy than to whoever wrote it down.
    if (why !== undefined) {
      throw new GatewayError('CONFIG_INVALID', `${url.host} is not requested from the proxy ${proxy.name}: ${why}.`, {
        fix: 'Add the address to NO_PROXY or set "proxy": false to connect directly, or use a host name that the proxy knows.',
      });
    }
    return proxy;
  };
}

/** The proxy that an address with or without a scheme names. Throws CONFIG_INVALID if it is no HTTP proxy. */
export function toProxy(address: string, source: string): HttpProxy {
  const url = parseProxy(address);
  if (!url) {
    throw new GatewayError('CONFIG_INVALID', `${source} is not the address of an HTTP proxy.`, {
      fix: 'Write it like http://proxy.example.com:3128.',
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

/** The address that the environment names for a scheme, and the variable it stands in. */
export function fromEnvironment(isSecure: boolean, env: Environment): [string | undefined, string] {
  const [low, high] = isSecure ? (['https_proxy', 'HTTPS_PROXY'] as const) : (['http_proxy', 'HTTP_PROXY'] as const);
  return env[low] ? [env[low], low] : [env[high] || undefined, high];
}

/**
 * The variables by which programs that run for the gateway reach the network as it does: proxies and further certificates.
 * A name that `own` sets in any spelling is left to it.
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
    if (!value || !HELD.test(name) || (setting !== undefined && REPLACED.test(name))) continue;
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
