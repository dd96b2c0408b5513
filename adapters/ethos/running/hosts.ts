import { lookup as resolveName } from 'node:dns';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { NetworkBounds } from '../../../src/core/bounds.ts';

/** A profile that says nothing. */
export const NO_RULES: NetworkBounds = { deny: [], allowPrivate: false };

/** Looks a name up, as `net.connect` wants it. */
export type Lookup = typeof resolveName;

// Where clouds tell a machine who it is, and hand out its keys: refused whatever is allowed.
const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data', 'instance-data.ec2.internal']);
const METADATA_RANGES = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::/32',
].map((range) => ipaddr.parseCIDR(range));

/** Whether a host may be reached: declared by the tool, allowed by the profile, not denied by it. `*` is as wide as the profile's list. */
export function isHostAllowed(host: string, declared: readonly string[], rules: NetworkBounds): boolean {
  const name = canonical(host);
  if (METADATA_NAMES.has(name) || rules.deny.some((pattern) => matches(name, pattern))) return false;
  if (rules.allow !== undefined && !rules.allow.some((pattern) => matches(name, pattern))) return false;
  return declared.some((pattern) => (pattern === '*' ? rules.allow !== undefined : matches(name, pattern)));
}

/** Why an address must not be connected to, or undefined. Every spelling of an address counts as the address it means. */
export function refuseAddress(address: string, { allowPrivate }: NetworkBounds): string | undefined {
  if (!ipaddr.isValid(address)) return 'it is no address';
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  const isMetadata = METADATA_RANGES.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match([base, bits] as never));
  if (isMetadata) return 'it is where clouds keep the keys of their machines';
  return parsed.range() === 'unicast' || (allowPrivate && LOCAL_RANGES.has(parsed.range()))
    ? undefined
    : `it is ${parsed.range()}, not public`;
}

const LOCAL_RANGES = new Set<string>(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** The literal address that a URL's host is, or undefined for a name. URLs have already turned 0x7f.1 and 2130706433 into 127.0.0.1. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** A lookup that hands out only addresses that may be connected to; the connection goes to the very address that was checked. */
export function checkedLookup(rules: NetworkBounds, lookup: Lookup = resolveName): Lookup {
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

function matches(host: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return host.endsWith(`.${canonical(pattern.slice(2))}`);
  return host === canonical(pattern);
}

function canonical(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return (domainToASCII(bare) || bare).toLowerCase();
}
