import { describe, expect, it } from 'vitest';
import { isHostAllowed, NO_RULES } from '../../../adapters/ethos/runtime/capabilities/hosts.ts';
import { checkedLookup, type Lookup, literalAddress, refuseAddress } from '../../../src/core/checked-addresses.ts';

const rules = (more: object = {}) => ({ ...NO_RULES, ...more });

describe('isHostAllowed', () => {
  it.each([
    ['api.example.com', ['api.example.com'], {}, true],
    ['API.example.com.', ['api.EXAMPLE.com'], {}, true],
    ['evil.example.com', ['api.example.com'], {}, false],
    ['a.example.com', ['*.example.com'], {}, true],
    ['a.b.example.com', ['*.example.com'], {}, true],
    ['example.com', ['*.example.com'], {}, false],
    ['notexample.com', ['*.example.com'], {}, false],
    ['example.com.evil.net', ['example.com'], {}, false],
    ['bücher.example', ['xn--bcher-kva.example'], {}, true],
    ['api.example.com', [], {}, false],
    ['any.example', ['*'], {}, false],
    ['any.example', ['*'], { allow: ['*.example'] }, true],
    ['any.example', ['*'], { allow: ['other.example'] }, false],
    ['api.example.com', ['api.example.com'], { allow: ['other.example'] }, false],
    ['api.example.com', ['api.example.com'], { allow: ['*'] }, true],
    ['api.example.com', ['*.example.com'], { allow: ['*'], deny: ['api.example.com'] }, false],
    ['metadata.google.internal', ['*'], { allow: ['*'] }, false],
    ['metadata.google.internal', ['metadata.google.internal'], {}, false],
  ])('%s of %j within %j: %s', (host, declared, more, allowed) => {
    expect(isHostAllowed(host, declared, rules(more))).toBe(allowed);
  });
});

describe('refuseAddress', () => {
  const inside = [
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fc00::1',
    'fd12::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
  ];
  const never = [
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
  ];
  const odd = [
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '192.0.2.1',
    '2001:db8::1',
    'localhost',
    '',
  ];

  it.each(inside)('denies %s unless private addresses are allowed', (address) => {
    expect(refuseAddress(address, rules())).toBeDefined();
    if (address !== '0.0.0.0' && address !== '::') expect(refuseAddress(address, rules({ allowPrivate: true }))).toBeUndefined();
  });
  it.each([...never, ...odd])('always denies %s', (address) => {
    expect(refuseAddress(address, rules({ allowPrivate: true, allow: ['*'] }))).toBeDefined();
  });
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('allows %s', (address) => {
    expect(refuseAddress(address, rules())).toBeUndefined();
  });
});

describe('literalAddress', () => {
  it.each(['127.1', '0x7f000001', '2130706433', '0177.0.0.1', '0x7f.0.0.1', '127.0.0.1.', '127.000.000.001', '①②⑦.0.0.1', '017700000001'])(
    'recognizes the address in http://%s/',
    (spelling) => {
      const address = literalAddress(new URL(`http://${spelling}/`).hostname) as string;
      expect(refuseAddress(address, rules())).toContain('loopback');
    },
  );
  it.each(['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::FFFF:127.0.0.1]'])(
    'recognizes the address in http://%s/',
    (spelling) => {
      expect(refuseAddress(literalAddress(new URL(`http://${spelling}/`).hostname) as string, rules())).toBeDefined();
    },
  );
  it('returns undefined for a name', () => expect(literalAddress('example.com')).toBeUndefined());
});

describe('checkedLookup', () => {
  const answer = (...addresses: string[]): Lookup =>
    ((_: string, __: object, callback: (error: null, found: object[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as Lookup;
  const ask = (lookup: Lookup, options: object) =>
    new Promise<unknown[]>((resolve) =>
      (lookup as unknown as (h: string, o: object, cb: (...found: unknown[]) => void) => void)('a.example', options, (...found) =>
        resolve(found),
      ),
    );

  it('returns checked addresses', async () => {
    expect(await ask(checkedLookup(rules(), answer('1.1.1.1')), {})).toEqual([null, '1.1.1.1', 4]);
    expect(await ask(checkedLookup(rules(), answer('1.1.1.1')), { all: true })).toEqual([null, [{ address: '1.1.1.1', family: 4 }]]);
  });
  it.each([[['127.0.0.1']], [['1.1.1.1', '10.0.0.1']], [['::ffff:169.254.169.254']], [[]]])(
    'rejects a name with the addresses %j',
    async (addresses) => {
      const [error] = await ask(checkedLookup(rules(), answer(...addresses)), { all: true });
      expect(String(error)).toContain('HOST_NOT_ALLOWED');
    },
  );
});
