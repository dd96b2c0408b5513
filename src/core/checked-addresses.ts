import { lookup as resolveName } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { meantAddress, tunnelledAddresses } from './addresses.ts';
import type { NetworkBounds } from './contract/bounds.ts';

type Address = ReturnType<typeof ipaddr.parse>;

/** Resolves a name, with the signature that `net.connect` expects. */
export type Lookup = typeof resolveName;

// Cloud metadata services, which return credentials: always rejected.
const METADATA_RANGES = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::/32',
];
let metadata: ReturnType<typeof ipaddr.parseCIDR>[] | undefined;

/** Why connections to an address are not allowed, or undefined. All notations of an address are equivalent. */
export function refuseAddress(address: string, { allowPrivate }: Pick<NetworkBounds, 'allowPrivate'>): string | undefined {
  if (!ipaddr.isValid(address)) return 'it is not an IP address';
  const parsed = parse(address);
  if (isMetadata(parsed)) return 'it is the address of a cloud metadata service';
  const range = parsed.range();
  if (range === 'unicast' || (allowPrivate && LOCAL_RANGES.has(range))) return undefined;
  // The tunnelled address is more informative than the name of the tunnel.
  const inner = tunnelledAddresses(address).map((text) => parse(text).range());
  return `it is ${inner.find((name) => name !== 'unicast') ?? range}, not public`;
}

function parse(address: string): Address {
  return ipaddr.parse(meantAddress(address).replace(/%.*$/, ''));
}

function isMetadata(address: Address): boolean {
  metadata ??= METADATA_RANGES.map((range) => ipaddr.parseCIDR(range));
  return metadata.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never));
}

const LOCAL_RANGES = new Set<string>(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** The IP address in the host of a URL, or undefined for a name. URL has already normalised 0x7f.1 and 2130706433 to 127.0.0.1. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** Creates a lookup that only returns allowed addresses, so that the checked address is the one that is connected to. */
export function checkedLookup(rules: Pick<NetworkBounds, 'allowPrivate'>, lookup: Lookup = resolveName): Lookup {
  const checked = (hostname: string, options: object, callback: (error: Error | null, ...found: unknown[]) => void): void => {
    lookup(hostname, { ...options, all: true } as { all: true }, (error, addresses) => {
      if (error) return callback(error);
      const refused = addresses.map(({ address }) => refuseAddress(address, rules)).find((why) => why !== undefined);
      // Rejects the name if any of its addresses is not allowed (DNS rebinding).
      if (refused !== undefined || addresses.length === 0) {
        return callback(new Error(`HOST_NOT_ALLOWED: ${hostname} has an address that is not allowed: ${refused ?? 'it has none'}.`));
      }
      if ((options as { all?: boolean }).all === true) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first?.address, first?.family);
    });
  };
  return checked as unknown as Lookup;
}
