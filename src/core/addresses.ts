import { isIPv4, isIPv6 } from 'node:net';

/** The IPv4 address of an IPv4-mapped or IPv4-compatible IPv6 address (`::ffff:127.0.0.1`, `::7f00:1`); others unchanged. */
export function meantAddress(address: string): string {
  const groups = groupsOf(address);
  if (!groups) return address;
  const [, , , , , sixth = 0, high = 0, low = 0] = groups;
  const isMapped = sixth === 0xffff;
  // `::` and `::1` have the same form, but are the unspecified and the loopback address of IPv6.
  const isCompatible = sixth === 0 && (high > 0 || low > 1);
  const startsEmpty = groups.slice(0, 5).every((group) => group === 0);
  return startsEmpty && (isMapped || isCompatible) ? toIpv4(high, low) : address;
}

/** IPv4 addresses that receive packets sent to an IPv6 address, by NAT64, 6to4 or Teredo. */
export function tunnelledAddresses(address: string): readonly string[] {
  const groups = groupsOf(address);
  if (!groups) return [];
  const [first = 0, second = 0, third = 0, fourth = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  if (first === 0x64 && second === 0xff9b) return [toIpv4(high, low)];
  if (first === 0x2002) return [toIpv4(second, third)];
  // Teredo: the server, then the client with all bits inverted.
  if (first === 0x2001 && second === 0) return [toIpv4(third, fourth), toIpv4(high ^ 0xffff, low ^ 0xffff)];
  return [];
}

/** Whether a host name or address is a loopback one, in any notation. */
export function isLoopback(host: string): boolean {
  const meant = meantAddress(host);
  if (isIPv4(meant)) return meant.startsWith('127.');
  return host.toLowerCase() === 'localhost' || groupsOf(meant)?.join() === LOOPBACK_GROUPS;
}

const LOOPBACK_GROUPS = '0,0,0,0,0,0,0,1';

// The eight groups of an IPv6 address; undefined for anything else.
function groupsOf(address: string): number[] | undefined {
  // The first isIPv6() compiles a large expression (4 ms), which most hosts do not need.
  if (!address.includes(':') || !isIPv6(address)) return undefined;
  const hex = address
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${(+a * 256 + +b).toString(16)}:${(+c * 256 + +d).toString(16)}`);
  const [left = [], right] = hex.split('::').map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  return right ? [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right] : left;
}

function toIpv4(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
