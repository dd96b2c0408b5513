import { describe, expect, it, onTestFinished } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { createHost } from '../../../src/host/host.ts';
import { createRoute, networkVariables, type ProxySettings } from '../../../src/host/network/proxy.ts';
import { keepLog } from '../../support/app.ts';
import { tempFolder } from '../../support/temp.ts';

const via = (url: string, env: Record<string, string>, settings: ProxySettings = {}): string | undefined =>
  createRoute(settings, env)(new URL(url))?.name;

describe('the proxy of a URL', () => {
  it.each([
    ['http://far.test/mcp', 'http://plain:1 (HTTP_PROXY)'],
    ['ws://far.test/mcp', 'http://plain:1 (HTTP_PROXY)'],
    ['https://far.test/mcp', 'http://secure:2 (HTTPS_PROXY)'],
    ['wss://far.test/mcp', 'http://secure:2 (HTTPS_PROXY)'],
    ['http://localhost:3000/', 'http://plain:1 (HTTP_PROXY)'],
  ])('of %s is %s', { tags: ['proxies'] }, (url, name) => {
    expect(via(url, { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' })).toBe(name);
  });

  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ HTTPS_PROXY: 'http://p:1' }, undefined],
    [{ HTTP_PROXY: 'http://upper:1', http_proxy: 'http://lower:1' }, 'http://lower:1 (http_proxy)'],
    [{ HTTP_PROXY: 'http://upper:1', http_proxy: '' }, 'http://upper:1 (HTTP_PROXY)'],
    [{ http_proxy: 'p:3128' }, 'http://p:3128 (http_proxy)'],
    [{ http_proxy: 'https://p' }, 'https://p (http_proxy)'],
    [{ http_proxy: 'http://ada:word@p:1/' }, 'http://[redacted]@p:1 (http_proxy)'],
  ])('with %j is %s', { tags: ['proxies'] }, (env, name) => expect(via('http://far.test/', env)).toBe(name));

  it.each<[ProxySettings, string | undefined]>([
    [{ top: 'http://top:1' }, 'http://top:1 ("proxy")'],
    [{ top: false }, undefined],
    [{ own: 'http://own:1', top: 'http://top:1' }, 'http://own:1 ("proxy")'],
    [{ own: 'http://own:1', top: false }, 'http://own:1 ("proxy")'],
    [{ own: false, top: 'http://top:1' }, undefined],
  ])('in %j takes precedence over the environment: %s', { tags: ['proxies'] }, (settings, name) => {
    expect(via('http://far.test/', { HTTP_PROXY: 'http://env:1' }, settings)).toBe(name);
  });

  it.each([
    ['*', 'http://far.test/', false],
    ['far.test', 'http://far.test/', false],
    ['FAR.test', 'https://far.TEST./', false],
    ['far.test', 'http://deep.far.test/', false],
    ['far.test', 'http://notfar.test/', true],
    ['.far.test', 'http://far.test/', false],
    ['*.far.test', 'http://deep.far.test/', false],
    ['near.test, far.test', 'http://far.test/', false],
    ['near.test far.test', 'http://far.test/', false],
    ['far.test:80', 'http://far.test/', false],
    ['far.test:443', 'wss://far.test/', false],
    ['far.test:8080', 'http://far.test/', true],
    ['127.0.0.1', 'http://127.1/', false],
    ['127.0.0.1:80', 'http://127.0.0.1/', false],
    ['10.0.0.0/8', 'http://10.9.8.7/', false],
    ['10.0.0.0/8', 'http://10.example/', true],
    ['[::1]', 'http://[::1]/', false],
    ['[::1]:81', 'http://[::1]:81/', false],
    ['fd00::/8', 'http://[fd00::1]/', false],
    ['::1', 'http://[::1]:99/', false],
    ['localhost', 'http://127.0.0.1.nip.test/', true],
    [' , ', 'http://far.test/', true],
  ])('with NO_PROXY=%s is used for %s: %s', { tags: ['proxies'] }, (list, url, goes) => {
    const env = { http_proxy: 'http://p:1', https_proxy: 'http://p:1' };
    expect(via(url, { ...env, NO_PROXY: list }) !== undefined).toBe(goes);
    expect(via(url, { ...env, NO_PROXY: 'other', no_proxy: list }) !== undefined).toBe(goes);
    expect(via(url, { NO_PROXY: list }, { top: 'http://p:1' }) !== undefined).toBe(goes);
  });

  it('of a server is used regardless of NO_PROXY', { tags: ['proxies'] }, () => {
    expect(via('http://far.test/', { NO_PROXY: '*' }, { own: 'http://own:1' })).toBe('http://own:1 ("proxy")');
  });

  it.each(['socks5://p:1', 'ftp://p', 'http://', 'http://p:99999'])('cannot be %s', { tags: ['proxies'] }, (address) => {
    expect(() => via('https://far.test/', { HTTPS_PROXY: address })).toThrow('HTTPS_PROXY is not the address of an HTTP proxy.');
  });

  it.each(['127.0.0.1:3000', '10.1.2.3', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]', '2130706433', '0.0.0.0'])(
    'is not used for %s',
    { tags: ['proxies'] },
    (host) => {
      const env = { HTTP_PROXY: 'http://ada:a-secret-word@p:1' };
      expect(() => via(`http://${host}/`, env)).toThrow(/is not requested from the proxy http:\/\/\[redacted\]@p:1 \(HTTP_PROXY\): it is /);
      expect(via(`http://${host}/`, env, { own: false })).toBeUndefined();
      expect(via('http://93.184.216.34/', env)).toBe('http://[redacted]@p:1 (HTTP_PROXY)');
    },
  );

  it('receives the login in its address', { tags: ['proxies'] }, () => {
    const login = (address: string) => createRoute({ top: address }, {})(new URL('http://far.test/'))?.authorization;
    expect(login('http://p:1')).toBeUndefined();
    expect(login('http://ada:w%40rd%2F@p:1')).toBe(`Basic ${Buffer.from('ada:w@rd/').toString('base64')}`);
    expect(login('http://token@p:1')).toBe(`Basic ${Buffer.from('token:').toString('base64')}`);
    expect(login('http://ada:100%@p:1')).toBe(`Basic ${Buffer.from('ada:100%').toString('base64')}`);
  });
});

describe('the environment variables for programs', () => {
  const env = {
    PATH: '/bin',
    HTTP_PROXY: 'http://env:1',
    https_proxy: 'http://env:2',
    ALL_PROXY: 'socks5://env:3',
    no_proxy: 'near.test',
    NODE_EXTRA_CA_CERTS: '/etc/more.pem',
    API_KEY: 'x',
  };
  const { PATH: _, API_KEY: __, ...network } = env;
  const rest = { no_proxy: 'near.test', NODE_EXTRA_CA_CERTS: '/etc/more.pem' };
  const all = (address: string) => ({ http_proxy: address, HTTP_PROXY: address, https_proxy: address, HTTPS_PROXY: address });

  it.each<[string, ProxySettings, Record<string, string>, Record<string, string>]>([
    ['are those of the gateway', {}, {}, network],
    ['contain no proxy if the file disables it', { top: false }, {}, rest],
    ['contain the proxy of the file', { top: 'ada:word@p:1' }, {}, { ...rest, ...all('http://ada:word@p:1') }],
    ['contain the proxy of the entry', { own: 'http://own:1', top: false }, {}, { ...rest, ...all('http://own:1') }],
    [
      'omit variables that the entry sets, in upper or lower case',
      {},
      { HTTPS_PROXY: 'mine', NO_PROXY: '' },
      { HTTP_PROXY: 'http://env:1', ALL_PROXY: 'socks5://env:3', NODE_EXTRA_CA_CERTS: '/etc/more.pem' },
    ],
  ])('%s', { tags: ['proxies'] }, (_, settings, own, expected) => expect(networkVariables(settings, own, env)).toEqual(expected));

  it('contain the absolute path of certificates', { tags: ['proxies'] }, () => {
    expect(networkVariables({}, {}, { NODE_EXTRA_CA_CERTS: 'more.pem' })).toEqual({ NODE_EXTRA_CA_CERTS: `${process.cwd()}/more.pem` });
  });

  it('are passed to installers, with the current proxy of the file', { tags: ['proxies'] }, async () => {
    let proxy: string | false = 'http://p:1';
    const host = createHost(
      tempFolder(),
      toLimits(),
      () => ({}) as never,
      keepLog().log,
      () => undefined,
      () => proxy,
    );
    onTestFinished(() => host.close());
    const seen = async (own: Record<string, string> = {}): Promise<string> => {
      const lines: string[] = [];
      const script = 'console.log(process.env.HTTPS_PROXY, process.env.https_proxy)';
      const spec = { command: process.execPath, args: ['-e', script], cwd: tempFolder(), env: own, signal: new AbortController().signal };
      expect((await host.run({ ...spec, onLine: (line) => void lines.push(line) })).code).toBe(0);
      return lines.join();
    };
    expect(await seen()).toBe('http://p:1 http://p:1');
    expect(await seen({ https_proxy: 'http://own:1' })).toBe('undefined http://own:1');
    proxy = false;
    expect(await seen()).toBe('undefined undefined');
  });
});
