import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, meantAddress, tunnelledAddresses } from '../../../src/core/addresses.ts';
import { refuseAddress } from '../../../src/core/checked-addresses.ts';

const ipv4 = fc.tuple(fc.integer({ min: 1, max: 255 }), fc.nat(255), fc.nat(255), fc.nat(255));
const local = fc.oneof(
  fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
);

type Bytes = readonly [number, number, number, number];
const hexOf = ([a, b, c, d]: Bytes): string => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
const upper = (text: string): string => text.toUpperCase();

/** Notations of an IPv4 address as IPv6: hex and dotted, short and long. */
const spellings = (bytes: Bytes): string[] => {
  const dotted = bytes.join('.');
  return ['::', '::ffff:', '0:0:0:0:0:0:', '0:0:0:0:0:ffff:', '0000:0000:0000:0000:0000:FFFF:', '0::ffff:', '::0:ffff:', '::0:0:'].flatMap(
    (head) => [head + hexOf(bytes), upper(head + hexOf(bytes)), head + dotted],
  );
};

/** IPv6 addresses whose packets reach an IPv4 address by NAT64, 6to4 or Teredo. */
const tunnels = (bytes: Bytes): string[] => {
  const inverse = bytes.map((byte) => byte ^ 255) as unknown as Bytes;
  return [
    `64:ff9b::${bytes.join('.')}`,
    `64:ff9b::${hexOf(bytes)}`,
    `64:FF9B:1:2::${hexOf(bytes)}`,
    `2002:${hexOf(bytes)}::`,
    `2002:${hexOf(bytes)}:1:2:3:4:5`,
    `2001:0:${hexOf(bytes)}::1`,
    `2001::4136:e378:8000:63bf:${hexOf(inverse)}`.replace('2001::', '2001:0:'),
  ];
};

describe('meantAddress', () => {
  it('returns the IPv4 address of every notation', { tags: ['address-spellings'] }, () => {
    fc.assert(
      fc.property(ipv4, (bytes) => {
        for (const spelling of spellings(bytes)) expect([spelling, meantAddress(spelling)]).toEqual([spelling, bytes.join('.')]);
      }),
      { numRuns: 25 },
    );
  });

  it.each(['::', '::1', '1.2.3.4', 'fe80::1%eth0', '2606:4700::1111', '::1:ffff:7f00:1', '1::7f00:1', 'localhost', ''])(
    'returns %j unchanged',
    (address) => expect(meantAddress(address)).toBe(address),
  );
});

describe('tunnelledAddresses', () => {
  it('returns the IPv4 address behind each kind of tunnel', { tags: ['address-spellings'] }, () => {
    fc.assert(
      fc.property(ipv4, (bytes) => {
        for (const address of tunnels(bytes))
          expect([address, tunnelledAddresses(address)]).toEqual([address, expect.arrayContaining([bytes.join('.')])]);
      }),
      { numRuns: 25 },
    );
    expect(tunnelledAddresses('2606:4700::1111')).toEqual([]);
  });
});

describe('refuseAddress', () => {
  it('rejects every notation of a local address with the same reason', { tags: ['address-spellings'] }, () => {
    fc.assert(
      fc.property(local, (bytes) => {
        const reason = refuseAddress(bytes.join('.'), { allowPrivate: false });
        expect(reason).toBeDefined();
        for (const address of spellings(bytes)) {
          expect([address, refuseAddress(address, { allowPrivate: false })]).toEqual([address, reason]);
          expect(refuseAddress(address, { allowPrivate: true })).toBe(refuseAddress(bytes.join('.'), { allowPrivate: true }));
        }
        for (const address of tunnels(bytes)) {
          expect([address, refuseAddress(address, { allowPrivate: false })]).toEqual([address, expect.any(String)]);
          expect([address, refuseAddress(address, { allowPrivate: true })]).toEqual([address, expect.any(String)]);
        }
      }),
      { numRuns: 25 },
    );
    expect(refuseAddress('::7f00:1', { allowPrivate: false })).toContain('loopback');
    expect(refuseAddress('2002:7f00:1::', { allowPrivate: false })).toContain('loopback');
  });
});

describe('isLoopback', () => {
  it.each([
    'localhost',
    'LocalHost',
    '127.0.0.1',
    '127.9.8.7',
    '::1',
    '0:0:0:0:0:0:0:1',
    '0000::0001',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:127.0.0.1',
  ])('accepts %s', (host) => expect(isLoopback(host)).toBe(true));
  it.each([
    '::',
    '::2',
    '0.0.0.0',
    '128.0.0.1',
    '1.127.0.1',
    '::ffff:10.0.0.1',
    '127.0.0.1.evil.com',
    '127.1',
    'local',
    '',
    '64:ff9b::7f00:1',
  ])('rejects %s', (host) => expect(isLoopback(host)).toBe(false));
});
