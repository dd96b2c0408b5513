import { accessSync, constants } from 'node:fs';
import type { Config } from '../config/config.ts';
import { showName } from '../core/text/text.ts';
import { fromEnvironment, toProxy } from '../host/network/proxy.ts';

/** The proxies, their exceptions and extra certificates of outgoing requests, in one line without credentials. */
export function describeProxies({ proxy, upstreams }: Config, env: NodeJS.ProcessEnv): string {
  const proxies = proxy === undefined ? namedBy(env) : [proxy === false ? 'none ("proxy": false)' : nameOf(proxy, '"proxy"')];
  const exempt = env.no_proxy || env.NO_PROXY;
  const ofTheirOwn = [...upstreams].filter(([, { server }]) => server.proxy !== undefined).map(([id]) => showName(id));
  const certificates = env.NODE_EXTRA_CA_CERTS;
  return [
    proxies.length === 0 ? 'none' : proxies.join(', '),
    ...(proxies.length > 0 && proxy !== false && exempt ? [`not for ${exempt} (NO_PROXY)`] : []),
    ...(ofTheirOwn.length > 0 ? [`set only for ${ofTheirOwn.join(', ')}`] : []),
    ...(certificates ? [`further certificates from ${certificates}${canRead(certificates) ? '' : ', which cannot be read'}`] : []),
  ].join('; ');
}

function namedBy(env: NodeJS.ProcessEnv): string[] {
  return (['http', 'https'] as const).flatMap((scheme) => {
    const [address, source] = fromEnvironment(scheme === 'https', env);
    return address === undefined ? [] : [`${nameOf(address, source)} for ${scheme}`];
  });
}

function nameOf(address: string, source: string): string {
  try {
    return toProxy(address, source).name;
  } catch (error) {
    return (error as Error).message.replace(/\.$/, '');
  }
}

function canRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
