import { describe, expect, it } from 'vitest';
import { connectionFault } from '../../../dist/adapters/grpc/calls/status.js';
import { isEncrypted, parseTarget } from '../../../dist/adapters/grpc/channel.js';
import { serviceNames } from '../../../dist/adapters/grpc/offer/names.js';
import { createSelection } from '../../../dist/adapters/grpc/offer/select.js';

describe('an address', () => {
  it.each([
    ['shop.internal:443', 'shop.internal', 'dns:shop.internal:443'],
    ['dns:///shop.internal:443', 'shop.internal', 'dns:shop.internal:443'],
    ['dns:shop:1', 'shop', 'dns:shop:1'],
    ['127.0.0.1:50051', '127.0.0.1', 'dns:127.0.0.1:50051'],
    ['[::1]:50051', '::1', 'dns:[::1]:50051'],
    ['ipv4:10.0.0.1:50051', '10.0.0.1', 'ipv4:10.0.0.1:50051'],
    ['ipv6:[::1]:50051', '::1', 'ipv6:[::1]:50051'],
    ['unix:/run/shop.sock', undefined, 'unix:/run/shop.sock'],
    ['unix:///run/shop.sock', undefined, 'unix:/run/shop.sock'],
  ])('%s is read', (target, host, uri) => {
    expect(parseTarget(target)).toEqual({ host, uri });
  });

  it.each([
    ['https://shop.internal/x', 'web address'],
    ['shop.internal', 'no host and port'],
    ['xds:///shop', '"xds:" is not supported'],
    ['unix:shop.sock', 'no absolute path'],
    ['169.254.169.254:80', 'metadata service'],
    ['[fd00:ec2::254]:80', 'metadata service'],
    ['shop:99999', 'no host and port'],
    ['', 'no host and port'],
  ])('%s is rejected', (target, why) => {
    expect(() => parseTarget(target)).toThrow(why);
  });

  it('is encrypted unless it is on this machine or the entry says so', () => {
    const base = { target: '', metadata: {}, descriptors: [], protoPaths: [], services: [], methods: [], zeros: false };
    expect(isEncrypted(base, 'shop.internal')).toBe(true);
    for (const host of ['localhost', '127.0.0.1', '::1', undefined]) expect(isEncrypted(base, host)).toBe(false);
    expect(isEncrypted({ ...base, ca: '/ca.pem' }, 'localhost')).toBe(true);
    expect(isEncrypted({ ...base, tls: false }, 'shop.internal')).toBe(false);
  });
});

it('the library says why there is no connection in clumsy words, which are replaced', () => {
  const said = 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ';
  expect(connectionFault(said)).toBe('the connection was refused');
  expect(connectionFault('No connection established. Last error: odd thing. Resolution note: ')).toBe('odd thing');
  expect(connectionFault('')).toBe('it gives no reason');
});

it('short names of services get as many parts of the package as they need', () => {
  const names = serviceNames(['a.v1.Orders', 'a.v2.Orders', 'b.v1.Orders', 'c.Users', 'Users']);
  expect(Object.fromEntries(names)).toEqual({
    'a.v1.Orders': 'a_v1_Orders',
    'a.v2.Orders': 'v2_Orders',
    'b.v1.Orders': 'b_v1_Orders',
    'c.Users': 'c_Users',
    Users: 'Users',
  });
});

it('globs select services and methods, and those that match nothing are known', () => {
  const selection = createSelection(['shop.v1.*', '!shop.v1.Internal'], ['!*/Delete*', '!never']);
  const paths = ['shop.v1.Orders/Get', 'shop.v1.Orders/DeleteAll', 'shop.v1.Internal/Get', 'shop.v2.Orders/Get'];
  expect(paths.filter((path) => selection.hasMethod(path))).toEqual(['shop.v1.Orders/Get']);
  expect(selection.unused()).toEqual(['!never']);
  const onlyMethods = createSelection([], ['shop.v1.Orders/Get']);
  expect([onlyMethods.hasService('shop.v1.Orders'), onlyMethods.hasService('shop.v1.Users')]).toEqual([true, false]);
});
