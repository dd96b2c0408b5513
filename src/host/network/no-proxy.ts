import { literalAddress } from '../../core/checked-addresses.ts';
import { createNetworks, isNetwork } from '../../core/networks.ts';

/** Whether a host and port are reached without a proxy. */
export type Exempts = (hostname: string, port: string) => boolean;

interface Rule {
  readonly port: string | undefined;
  matches(host: string): boolean;
}

/**
 * Parses NO_PROXY: host names (including subdomains), addresses and networks with optional ports, separated by commas or
 * spaces. `*` matches every host.
 */
export function createExemptions(text: string): Exempts {
  const rules = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(toRule);
  return (hostname, port) => {
    const host = literalAddress(hostname) ?? hostname.toLowerCase().replace(/\.$/, '');
    return rules.some((rule) => (rule.port === undefined || rule.port === port) && rule.matches(host));
  };
}

function toRule(entry: string): Rule {
  if (entry === '*') return { port: undefined, matches: () => true };
  // The colons of an IPv6 address without brackets do not separate a port.
  const [, bracketed, plain, port] = isNetwork(entry) ? [] : (/^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? []);
  const host = (bracketed ?? plain ?? entry).replace(/^\*?\.|\.$/g, '');
  if (isNetwork(host)) {
    const networks = createNetworks([host]);
    return { port, matches: (address) => networks.has(address) };
  }
  return { port, matches: (name) => name === host || name.endsWith(`.${host}`) };
}
