import { lookup as systemLookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { NO_RULES } from '../../../adapters/ethos/runtime/capabilities/hosts.ts';
import { createScopedFetch } from '../../../adapters/ethos/runtime/capabilities/scoped-fetch.ts';
import type { Lookup } from '../../../src/core/checked-addresses.ts';
import { listen } from '../../support/http-server.ts';

const here = { deny: [], allowPrivate: true };
const never = new AbortController().signal;

describe('createScopedFetch', () => {
  it('is a function and has a fetch method', async () => {
    const url = await listen((_, response) => response.end('hello'));
    const scoped = createScopedFetch(['127.0.0.1'], here, never);
    expect(await (await scoped(url)).text()).toBe('hello');
    expect(await (await scoped.fetch(new URL(url))).text()).toBe('hello');
  });

  it.each([
    'http://127.0.0.1:1/',
    'http://2130706433:1/',
    'http://0177.1:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://localhost:8099/',
    'file:///etc/passwd',
    'data:,x',
    'ftp://a.example/',
  ])('rejects %s', async (url) => {
    await expect(createScopedFetch(['*', '127.0.0.1', 'localhost', 'a.example'], NO_RULES, never)(url)).rejects.toThrow('HOST_NOT_ALLOWED');
  });

  it('does not connect to a private address of a public name', async () => {
    let asked = 0;
    const url = await listen((_, response) => {
      asked++;
      response.end('reached');
    });
    const pointed = ((_: string, options: object, callback: never) =>
      systemLookup('127.0.0.1', options as never, callback)) as unknown as Lookup;
    const scoped = createScopedFetch(['a.example'], NO_RULES, never, pointed);
    await expect(scoped(url.replace('127.0.0.1', 'a.example'))).rejects.toThrow('HOST_NOT_ALLOWED');
    expect(asked).toBe(0);
    expect(await (await createScopedFetch(['a.example'], here, never, pointed)(url.replace('127.0.0.1', 'a.example'))).text()).toBe(
      'reached',
    );
  });

  it('checks every redirect', async () => {
    const inner = await listen((_, response) => response.end('secret'));
    const outer = await listen(({ url }, response) =>
      response
        .writeHead(302, { location: url === '/name' ? inner.replace('127.0.0.1', 'localhost') : 'http://169.254.169.254/latest' })
        .end(),
    );
    const scoped = createScopedFetch(['127.0.0.1'], here, never);
    await expect(scoped(`${outer}/name`)).rejects.toThrow('HOST_NOT_ALLOWED: localhost');
    await expect(scoped(`${outer}/metadata`)).rejects.toThrow('HOST_NOT_ALLOWED');
    expect((await scoped(outer, { redirect: 'manual' })).status).toBe(302);
    await expect(scoped(outer, { redirect: 'error' })).rejects.toThrow('redirect');
  });

  it('sends no credentials to another origin, and turns a POST into a GET on 303', async () => {
    const target = await listen((request, response) =>
      response.end(JSON.stringify([request.method, request.headers.authorization ?? null, request.headers['x-kept']])),
    );
    const first = await listen((request, response) => response.writeHead(request.url === '/303' ? 303 : 307, { location: target }).end());
    const scoped = createScopedFetch(['127.0.0.1'], here, never);
    const init = { method: 'POST', body: 'x', headers: { authorization: 'Bearer t', 'x-kept': 'y' } };
    expect(await (await scoped(`${first}/303`, init)).json()).toEqual(['GET', null, 'y']);
    expect(await (await scoped(`${first}/307`, init)).json()).toEqual(['POST', null, 'y']);
    const same = await listen((request, response) =>
      request.url === '/' ? response.writeHead(302, { location: '/end' }).end() : response.end(String(request.headers.authorization)),
    );
    expect(await (await scoped(same, { headers: { authorization: 'Bearer t' } })).text()).toBe('Bearer t');
  });

  it('stops redirect loops, and ends with the call', async () => {
    const circle = await listen((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(createScopedFetch(['127.0.0.1'], here, never)(circle)).rejects.toThrow('more than 10 times');
    const silent = await listen(() => undefined);
    const call = new AbortController();
    const pending = createScopedFetch(['127.0.0.1'], here, call.signal)(silent);
    setTimeout(() => call.abort(new Error('the call was cancelled')), 50);
    await expect(pending).rejects.toThrow('the call was cancelled');
  });
});
