import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNetwork } from '../../../src/core/networks.ts';
import { createProxies } from '../../../src/transports/edge/proxies.ts';

/** The client that proxies report: from the peer's address and the header. */
function client(proxies: readonly string[], peer: string | undefined, forwarded?: string): string {
  const request = { socket: { remoteAddress: peer }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } };
  return createProxies(proxies).clientOf(request as unknown as IncomingMessage);
}

const PROXIES = ['10.0.0.7', '10.1.0.0/16', '2001:db8:1::/48', '::1'];

describe('the client of a request', () => {
  it('is the peer if it is not a trusted proxy', { tags: ['F29'] }, () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (header) => {
        expect(client([], '127.0.0.1', header)).toBe('127.0.0.1');
        expect(client(PROXIES, '192.0.2.1', header)).toBe('192.0.2.1');
        expect(client(PROXIES, '::ffff:192.0.2.1', header)).toBe('192.0.2.1');
      }),
    );
  });

  it.each([
    ['one client', '198.51.100.3', '198.51.100.3'],
    ['what the client itself made up at the left', '127.0.0.1, 203.0.113.9, 198.51.100.3', '198.51.100.3'],
    ['a chain of proxies', '203.0.113.9,198.51.100.3 , 10.1.2.3,  10.0.0.7', '198.51.100.3'],
    ['a port', '198.51.100.3:4711', '198.51.100.3'],
    ['IPv6', '2001:DB8::5', '2001:db8::5'],
    ['IPv6 in brackets', '[2001:db8::5]', '2001:db8::5'],
    ['IPv6 with a port', '[2001:db8::5]:4711', '2001:db8::5'],
    ['IPv4 inside of IPv6', '::ffff:198.51.100.3', '198.51.100.3'],
    ['a trusted network of IPv6', '198.51.100.3, 2001:db8:1:2::9', '198.51.100.3'],
    ['proxies alone: the furthest', '10.1.0.1, 10.0.0.7', '10.1.0.1'],
    ['nothing', '', '10.0.0.7'],
    ['commas', ',,,', '10.0.0.7'],
    ['a word', 'unknown', '10.0.0.7'],
    ['a word before the client', 'unknown, 198.51.100.3', '198.51.100.3'],
    ['a word behind the client', '198.51.100.3, unknown', '10.0.0.7'],
    ['numbers that are no address', '300.1.1.1', '10.0.0.7'],
    ['a name', 'localhost', '10.0.0.7'],
    ['control characters', '198.51.100.3\u0000', '10.0.0.7'],
  ])('is found in %s', (_, header, expected) => {
    for (const peer of ['10.0.0.7', '::ffff:10.0.0.7', '::ffff:a00:7']) expect(client(PROXIES, peer, header)).toBe(expected);
  });

  it('is empty if the connection is already closed', () => {
    expect(client(PROXIES, undefined, '198.51.100.3')).toBe('');
  });

  it('is never named by an address beyond the first untrusted one', () => {
    const stranger = fc.ipV4().filter((address) => !/^10\.(0\.0\.7$|1\.)/.test(address));
    const any = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ maxLength: 20 }).filter((text) => !text.includes(',')),
    );
    fc.assert(
      fc.property(
        fc.array(any, { maxLength: 5 }),
        stranger,
        fc.array(fc.constantFrom('10.0.0.7', '10.1.9.9', ' ::1 '), { maxLength: 3 }),
        (left, who, right) => {
          expect(client(PROXIES, '10.0.0.7', [...left, who, ...right].join(','))).toBe(who);
        },
      ),
    );
  });
});

describe('a trusted proxy', () => {
  it.each(['10.0.0.7', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::ffff:10.0.0.0/104', 'fe80::/10'])('may be %s', (entry) => {
    expect(isNetwork(entry)).toBe(true);
  });

  it.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '::/129',
    '10.0.0.0/x',
    '::ffff:10.0.0.0/8',
  ])('may not be "%s"', (entry) => {
    expect(isNetwork(entry)).toBe(false);
  });
});
