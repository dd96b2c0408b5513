import { describe, expect, it } from 'vitest';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { startGo } from '../../support/grpc-go.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { withoutGo } from '../../support/toolchains.ts';

const missing = withoutGo();

async function open(target: string, keys: object): Promise<TestApp> {
  const app = await openApp([grpc], { plugins: { shop: { target, ...keys } } });
  await app.instance.registry.whenListed(20_000);
  return app;
}

describe.skipIf(missing !== undefined)(`TLS of grpc-go${missing === undefined ? '' : ` (${missing})`}`, () => {
  const atEnd = endsAfterAll();
  const { ca, server, client } = makeCertificates(tempFolder(atEnd));
  const plain = startGo([], atEnd);
  const oneWay = startGo(['-cert', server.cert, '-key', server.key], atEnd);
  const mutual = startGo(['-cert', server.cert, '-key', server.key, '-ca', ca], atEnd);

  it('with certificates on both sides carries calls', { tags: ['grpc-tools'] }, async () => {
    const app = await open((await mutual).address, { ca, ...client, serverName: 'shop' });
    expect(textOf(await app.call('TestService_EmptyCall'))).toBe('OK');
  });

  it('with a private authority carries calls', { tags: ['grpc-tools'] }, async () => {
    const app = await open((await oneWay).address, { ca, serverName: 'shop' });
    expect(textOf(await app.call('TestService_EmptyCall'))).toBe('OK');
  });

  it.each([
    ['an unknown authority', oneWay, { tls: true, serverName: 'shop' }, 'unknown authority (set "ca")'],
    ['another host name', oneWay, { ca }, 'for another host name (set "serverName")'],
    ['no certificate of the gateway', mutual, { ca, serverName: 'shop' }, '"cert" and "key"'],
    ['TLS to a plaintext port', plain, { ca, serverName: 'shop' }, 'does not use TLS'],
    ['plaintext to a TLS port', oneWay, { tls: false }, 'check "tls"'],
  ])('that fails for %s is explained', { tags: ['grpc-tools'] }, async (_, running, keys, text) => {
    const app = await open((await running).address, keys);
    const { state, error } = app.instance.registry.plugins()[0] ?? {};
    expect([state, error?.message]).toEqual(['failed', expect.stringContaining(text)]);
  });

  it.each([
    [{ cert: client.cert }, 'needs "cert" and "key"'],
    [{ ca: '/no/such/ca.pem' }, 'cannot be read'],
    [{ cert: server.cert, key: client.key }, 'The TLS files of the entry cannot be used'],
    [{ metadata: { 'bad key': 'value' } }, 'The metadata "bad key" cannot be sent'],
    [{ metadata: { authorization: 'very-secret\n' } }, 'The metadata "authorization" cannot be sent'],
    [{ metadata: { 'grpc-timeout': '1S' } }, 'belong to the protocol'],
  ])('that cannot begin (%j) is rejected', { tags: ['grpc-tools'] }, async (keys, text) => {
    const app = await open((await plain).address, keys);
    const { error } = app.instance.registry.plugins()[0] ?? {};
    expect(error?.message).toContain(text);
    expect(error?.message).not.toContain('very-secret');
  });
});
