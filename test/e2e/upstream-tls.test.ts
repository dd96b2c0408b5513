import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createIdentity } from '../../dist/adapters/squadron/go-plugin/certificate.js';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { tempFolder } from '../support/temp.ts';

const { certificate, key } = createIdentity();

// The same certificate, but expired; the signature of a trusted certificate is not verified.
function expired(): string {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('latin1');
  const old = der.replace(/\d{12}Z(..)\d{14}Z/s, (_, between) => `200101000000Z${between}20210101000000Z`);
  expect(old).not.toBe(der);
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(old, 'latin1').toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** A TLS proxy in front of a plain server; its port. */
async function tls(back: string, heard: () => void, options: ServerOptions = {}): Promise<number> {
  const server = createServer({ key, cert: certificate, ...options }, (req, res) => {
    heard();
    const onward = request(back, { method: req.method, headers: { ...req.headers, host: new URL(back).host } }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  server.on('tlsClientError', () => undefined);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

it('a server behind TLS is used, or the fault of its certificate is reported', { tags: ['F28'] }, async () => {
  const back = await serve(writeConfig({}, ['plain']));
  const plain = new URL(await listen((_, res) => void res.end('no TLS here'))).port;
  const old = expired();
  const heard = new Set<string>();
  const good = await tls(back.url, () => void heard.add('good'));
  const past = await tls(back.url, () => void heard.add('past'), { cert: old });
  const ancient = await tls(back.url, () => void heard.add('ancient'), { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
  const trusted = join(tempFolder(), 'trusted.pem');
  writeFileSync(trusted, certificate + old);
  const entry = (url: string) => ({ type: 'http', url });
  const mcpServers = {
    good: entry(`https://localhost:${good}/mcp`),
    other_name: entry(`https://127.0.0.1:${good}/mcp`),
    past: entry(`https://localhost:${past}/mcp`),
    ancient: entry(`https://localhost:${ancient}/mcp`),
    no_tls: entry(`https://localhost:${plain}/mcp`),
    only_tls: entry(`http://localhost:${good}/mcp`),
  };
  const said = async (env: Record<string, string>) => {
    const { stdout } = await run(['doctor', '--json', '--config', writeConfig({ mcpServers })], { env });
    const { plugins } = JSON.parse(stdout) as { plugins: { id: string; state: string; faults: { message: string }[] }[] };
    return Object.fromEntries(plugins.map(({ id, state, faults }) => [id, `${state} ${faults[0]?.message ?? ''}`]));
  };
  expect(await said({ NODE_EXTRA_CA_CERTS: trusted })).toEqual({
    good: expect.stringMatching(/^ready/),
    other_name: expect.stringMatching(/^failed .* its certificate is for another host name\.$/),
    past: expect.stringMatching(/^failed .* its certificate has expired\.$/),
    ancient: expect.stringMatching(/^failed .* it supports no secure TLS version\.$/),
    no_tls: expect.stringMatching(/^failed .* it does not use TLS\.$/),
    only_tls: expect.stringMatching(/^failed .* closed the connection without a response\.$/),
  });
  expect((await said({})).good).toMatch(/^failed .* its certificate is self-signed\.$/);
  expect([...heard]).toEqual(['good']);
});
