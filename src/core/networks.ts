import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { meantAddress } from './addresses.ts';

/** A set of IP addresses and networks. */
export interface Networks {
  has(address: string): boolean;
}

/** Creates a set from addresses and networks such as `10.0.0.0/8`. Throws RangeError for anything else. */
export function createNetworks(entries: readonly string[]): Networks {
  const list = new BlockList();
  for (const entry of entries) add(list, entry);
  return {
    has(address) {
      if (entries.length === 0) return false;
      const meant = meantAddress(address);
      const family = familyOf(meant);
      return family !== undefined && list.check(meant, family);
    },
  };
}

/** Whether a text is an IP address or a network. */
export function isNetwork(entry: string): boolean {
  try {
    add(new BlockList(), entry);
    return true;
  } catch {
    return false;
  }
}

function add(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/');
  const meant = meantAddress(address);
  const family = familyOf(meant);
  if (family === undefined || rest.length > 0) throw new RangeError(`"${entry}" is not an IP address or a network.`);
  if (bits === undefined) return list.addAddress(meant, family);
  if (!/^\d{1,3}$/.test(bits)) throw new RangeError(`"${entry}" has no valid prefix length.`);
  // The prefix length of an IPv4-mapped network includes the 96 bits before the IPv4 address.
  list.addSubnet(meant, Number(bits) - (meant === address ? 0 : 96), family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
}
