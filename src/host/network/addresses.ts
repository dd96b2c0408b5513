import { lookup as resolveName } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { meantAddress, tunnelledAddresses } from '../../core/addresses.ts';
import type { NetworkBounds } from '../../core/contract/bounds.ts';

type Address = ReturnType<typeof ipaddr.parse>;

/** Looks a name up, as `net.connect` wants it. */
export type Lookup = typeof resolveName;

// Where clouds hand out the keys of their machines: refused whatever is allowed.
const METADATA_RANGES = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::/32',
].map((range) => ipaddr.parseCIDR(range));

/** Why an address must not be connected to, or undefined. Every spelling of an address counts as the address it means. */
export function refuseAddress(address: string, { allowPrivate }: Pick<NetworkBounds, 'allowPrivate'>): string | undefined {
  if (!ipaddr.isValid(address)) return 'it is no address';
  const parsed = parse(address);
  if (isMetadata(parsed)) return 'it is where clouds keep the keys of their machines';
  const range = parsed.range();
  if (range === 'unicast' || (allowPrivate && LOCAL_RANGES.has(range))) return undefined;
  // Where packets are passed on to says more than the name of the tunnel.
  const inner = tunnelledAddresses(address).map((text) => parse(text).range());
  return `it is ${inner.find((name) => name !== 'unicast') ?? range}, not public`;
}

function parse(address: string): Address {
  return ipaddr.parse(meantAddress(address).replace(/%.*$/, ''));
}

function isMetadata(address: Address): boolean {
  return METADATA_RANGES.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never));
}

const LOCAL_RANGES = new Set<string>(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** The literal address that a URL's host is, or undefined for a name. URLs have already turned 0x7f.1 and 2130706433 into 127.0.0.1. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** A lookup that hands out only addresses that may be connected to; the connection goes to the very address that was checked. */
export function checkedLookup(rules: Pick<NetworkBounds, 'allowPrivate'>, lookup: Lookup = resolveName): Lookup {
  const checked = (hostname: string, options: object, callback: (error: Error | null, ...found: unknown[]) => void): void => {
    lookup(hostname, { ...options, all: true } as { all: true }, (error, addresses) => {
      if (error) return callback(error);
      const refused = addresses.map(({ address }) => refuseAddress(address, rules)).find((why) => why !== undefined);
      // One bad answer among good ones is how names are made to point inwards.
      if (refused !== undefined || addresses.length === 0) {
        return callback(new Error(`HOST_NOT_ALLOWED: ${hostname} has an address that may not be reached: ${refused ?? 'it has none'}.`));
      }
      if ((options as { all?: boolean }).all === true) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first?.address, first?.family);
    });
  };
  return checked as unknown as Lookup;
}
