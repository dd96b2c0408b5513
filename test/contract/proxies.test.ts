import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../dist/adapters/mcp/adapter.js';
import { fetchFile, fetchText } from '../../dist/adapters/squadron/install/download.js';
import { openApp, type TestApp, textOf } from '../support/app.ts';
import { connect } from '../support/clients.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { freePort, listen } from '../support/http-server.ts';
import { until } from '../support/processes.ts';
import { serveProxy, serveTls, type TestProxy } from '../support/proxy.ts';
import { rawUpstream, textOf as text, toolOf } from '../support/raw-upstream.ts';
import { serveReleases } from '../support/releases.ts';
import { tempFolder } from '../support/temp.ts';

const PASSWORD = 'a-secret-word';
const LOGIN = `ada:${PASSWORD}`;
const FAR = 'http://far.test:8080/mcp';

const upstream = (name = 'ping') =>
  rawUpstream((message) => (message.method === 'tools/list' ? { tools: [toolOf(name)] } : text(`${name} called`)));
const portOf = (url: string): number => Number(new URL(url).port);

/** A proxy in front of `far.test`, a server with one tool. */
async function farServer(login?: string, name?: string): Promise<TestProxy> {
  const [proxy, { url }] = await Promise.all([serveProxy(login), upstream(name)]);
  proxy.hosts.set('far.test:8080', portOf(url));
  return proxy;
}

const errorOf = (app: TestApp, id: string) => app.instance.registry.plugins().find((plugin) => plugin.id === id)?.error;
const failed = async (config: object): Promise<{ code: string; message: string; fix: string }> => {
  const app = await openApp([mcp], config);
  await app.instance.registry.whenListed(10_000);
  return errorOf(app, 'far') as never;
};

describe('a server behind a proxy', () => {
  it('is reached over every transport, with the login of the proxy', { tags: ['proxies'], timeout: 60_000 }, async () => {
    const proxy = await serveProxy(LOGIN);
    const back = await serve(writeConfig({ listen: { hosts: ['far.test'] } }, ['plain']));
    const secure = await serveTls(portOf(back.url));
    proxy.hosts.set('far.test:80', portOf(back.url)).set(`localhost:${secure.port}`, secure.port);
    const certificates = join(tempFolder(), 'more.pem');
    writeFileSync(certificates, secure.certificate);
    const over = `localhost:${secure.port}`;
    const mcpServers = {
      http: { type: 'http', url: 'http://far.test/mcp' },
      sse: { type: 'sse', url: 'http://far.test/sse' },
      ws: { url: 'ws://far.test/ws' },
      https: { type: 'http', url: `https://${over}/mcp` },
      sses: { type: 'sse', url: `https://${over}/sse` },
      wss: { url: `wss://${over}/ws` },
    };
    const env = { http_proxy: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '', no_proxy: '', NODE_EXTRA_CA_CERTS: certificates };
    const front = await serve(writeConfig({ mcpServers }), { env });
    const client = await connect('v2 legacy', front.at('http'));
    const names = Object.keys(mcpServers).map((id) => `${id}_echo`);
    await until('all of them are there', async () => {
      const list = await client.list();
      return names.every((name) => list.includes(name));
    });
    for (const name of names) expect((await client.call(name, { message: name })).content[0]?.text).toBe(name);
    expect(new Set(proxy.asked.map((what) => what.replace(/\?.*/, '')))).toEqual(
      new Set([
        'POST http://far.test/mcp',
        'GET http://far.test/sse',
        'POST http://far.test/messages',
        'CONNECT far.test:80',
        `CONNECT ${over}`,
      ]),
    );
    expect([...proxy.logins]).toEqual([`Basic ${Buffer.from(LOGIN).toString('base64')}`]);
  });

  it("is reported together with an unreachable proxy, without the proxy's login", { tags: ['proxies', 'T24'] }, async () => {
    const port = await freePort();
    const there = `http://[redacted]@127.0.0.1:${port}`;
    const env = { HTTPS_PROXY: `http://${LOGIN}@127.0.0.1:${port}`, https_proxy: '', NO_PROXY: '', no_proxy: '' };
    for (const url of ['https://far.test/mcp', 'wss://far.test/ws']) {
      const config = writeConfig({ mcpServers: { far: { url } } });
      const { stdout, stderr } = await run(['doctor', '--config', config, '--log-level', 'debug'], { env });
      expect(stdout).toContain(`far.test cannot be reached: the proxy ${there} (HTTPS_PROXY) cannot be used: the connection was refused.`);
      expect(stdout).toContain(`proxy: ${there} (HTTPS_PROXY) for https`);
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
    const plain = await failed({ proxy: env.HTTPS_PROXY, mcpServers: { far: { type: 'http', url: FAR } } });
    const events = await failed({ proxy: env.HTTPS_PROXY, mcpServers: { far: { type: 'sse', url: FAR } } });
    expect(events.message).toBe(plain.message);
    expect(plain.message).toBe(`far.test:8080 cannot be reached: the proxy ${there} ("proxy") cannot be used: the connection was refused.`);
  });

  it.each(['http://far.test:8080/mcp', 'https://far.test/mcp', 'ws://far.test/ws'])(
    'is reported together with a proxy that requires or rejects a login: %s',
    { tags: ['proxies'] },
    async (url) => {
      const { url: address, hosts } = await serveProxy(LOGIN);
      const anonymous = address.replace(`${LOGIN}@`, '');
      const entry = { type: url.startsWith('ws') ? 'ws' : 'http', url };
      const far = async (proxy: string) => (await failed({ mcpServers: { far: { ...entry, proxy } } })).message;
      expect(await far(anonymous)).toContain(`cannot be reached: the proxy ${anonymous} ("proxy") requires a login (HTTP 407).`);
      const other = address.replace(PASSWORD, 'other');
      expect(await far(other)).toContain(`the proxy ${anonymous.replace('//', '//[redacted]@')} ("proxy") rejected the login (HTTP 407).`);
      expect(hosts.size).toBe(0);
      expect(await far(address)).toMatch(/far\.test.* the proxy http:\/\/\[redacted\]@127.*HTTP 502\.$/);
    },
  );

  it.each([
    [407, 'http', /^far\.test:8080 cannot be reached: the proxy .* requires a login \(HTTP 407\)\.$/, /user and password/],
    [407, 'https', /^far\.test cannot be reached: the proxy .* requires a login \(HTTP 407\)\.$/, /user and password/],
    [403, 'http', /^far\.test:8080 through the proxy .* rejects this login \(HTTP 403\)\.$/, /If the proxy rejects it/],
    [403, 'https', /the proxy .* did not connect to far\.test:443: HTTP 403\.$/, /^Check "proxy" in mcp\.json/],
    [502, 'http', /^far\.test:8080 through the proxy .* responded with HTTP 502\.$/, /the proxy in front of it/],
    [502, 'https', /the proxy .* did not connect to far\.test:443: HTTP 502\.$/, /^Check "proxy" in mcp\.json/],
    ['nothing', 'http', /^far\.test:8080 through the proxy .* closed the connection without a response\.$/, /the proxy if there is one/],
    ['nothing', 'https', /the proxy .* cannot be used: socket hang up\.$/, /^Check "proxy" in mcp\.json/],
  ] as const)('is not taken for what a proxy says: %s over %s', { tags: ['proxies'] }, async (answer, scheme, message, fix) => {
    const proxy = await serveProxy();
    proxy.answer = answer;
    const url = scheme === 'http' ? FAR : 'https://far.test/mcp';
    const error = await failed({ mcpServers: { far: { type: 'http', url, proxy: proxy.url } } });
    expect(error).toMatchObject({ message: expect.stringMatching(message), fix: expect.stringMatching(fix) });
  });

  it('is reported together with the proxy that responds to a call instead', { tags: ['proxies'] }, async () => {
    const proxy = await farServer();
    const app = await openApp([mcp], { mcpServers: { far: { type: 'http', url: FAR, proxy: proxy.url, era: 'legacy' } } });
    await app.instance.registry.whenListed(10_000);
    const told = async (answer: number) => {
      proxy.answer = answer;
      const { meta } = await app.call('ping');
      proxy.answer = undefined;
      return meta?.['plugmux/error'];
    };
    const unsent = { code: 'PLUGIN_UNAVAILABLE', outcome: 'NOT_SENT', fix: expect.stringContaining('user and password') };
    expect(await told(407)).toMatchObject({
      ...unsent,
      message: expect.stringContaining(`${proxy.url} ("proxy") requires a login (HTTP 407)`),
    });
    expect(await told(502)).toMatchObject({
      message: expect.stringContaining(`through the proxy ${proxy.url} ("proxy") responded with HTTP 502`),
    });
    expect(await told(403)).toMatchObject({ message: expect.stringContaining(`through the proxy ${proxy.url} ("proxy") rejects`) });
  });

  it.each(['http', 'sse', 'ws'])('may be behind an unconfigured proxy, over %s', { tags: ['proxies'] }, async (type) => {
    const refuse = (_: unknown, response: ServerResponse): void => void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    const url = `${(await listen(refuse)).replace('http', type === 'ws' ? 'ws' : 'http')}/mcp`;
    const error = await failed({ mcpServers: { far: { type, url } } });
    expect(error).toMatchObject({ message: expect.stringContaining('a proxy on the way requires a login (HTTP 407)') });
    expect(error).toMatchObject({ fix: expect.stringContaining('user and password') });
  });

  it('reports a call that such a proxy rejected as not sent', { tags: ['proxies'] }, async () => {
    let refuses = false;
    const far = await rawUpstream(({ method }, response) => {
      if (refuses) return void response.writeHead(407).end();
      return method === 'tools/list' ? { tools: [toolOf('ping')] } : text('called');
    });
    const app = await openApp([mcp], { mcpServers: { far: { type: 'http', url: far.url, era: 'legacy' } } });
    await app.instance.registry.whenListed(10_000);
    refuses = true;
    const { meta } = await app.call('ping');
    expect(meta?.['plugmux/error']).toMatchObject({
      outcome: 'NOT_SENT',
      message: expect.stringContaining('a proxy on the way requires a login'),
    });
  });

  it('is not requested from the proxy by a private address', { tags: ['proxies'] }, async () => {
    const proxy = await serveProxy();
    for (const url of ['http://127.0.0.1:1/mcp', 'https://10.0.0.1/mcp', 'ws://[::1]/ws']) {
      const error = await failed({ proxy: proxy.url, mcpServers: { far: { url } } });
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('is not requested from the proxy') });
    }
    expect(proxy.asked).toEqual([]);
  });

  it('uses its own proxy, or none, if configured', { tags: ['proxies'] }, async () => {
    const [top, own, near] = await Promise.all([farServer(undefined, 'top'), farServer(undefined, 'own'), upstream('near')]);
    const app = await openApp([mcp], {
      proxy: top.url,
      mcpServers: { one: { url: FAR }, two: { url: FAR, proxy: own.url }, three: { url: near.url, proxy: false } },
    });
    await app.instance.registry.whenListed(10_000);
    for (const name of ['top', 'own', 'near']) expect(textOf(await app.call(name))).toBe(`${name} called`);
    expect([top, own].map(({ asked }) => new Set(asked).has(`POST ${FAR}`))).toEqual([true, true]);
  });

  it('is reached through another proxy after a reload', { tags: ['proxies', 'reload-told'] }, async () => {
    const [first, second] = await Promise.all([farServer(undefined, 'first'), farServer(undefined, 'second')]);
    const mcpServers = { far: { type: 'http', url: FAR }, own: { type: 'http', url: FAR, proxy: first.url, names: { first: 'kept' } } };
    const app = await openApp([mcp], { proxy: first.url, mcpServers });
    await app.instance.registry.whenListed(10_000);
    expect(textOf(await app.call('first'))).toBe('first called');
    const before = first.asked.filter((what) => what.startsWith('DELETE')).length;
    await app.reconfigure({ proxy: second.url, mcpServers });
    await app.instance.registry.whenListed(10_000);
    await until('it is served', async () => textOf(await app.call('second').catch(() => ({ content: [] }))) === 'second called');
    // The server with its own proxy is unchanged.
    expect(textOf(await app.call('kept'))).toBe('first called');
    await until('one session has ended', () => first.asked.filter((what) => what.startsWith('DELETE')).length > before);
    expect(first.asked.filter((what) => what.startsWith('DELETE'))).toHaveLength(before + 1);
  });
});

describe('a download', () => {
  const downloads = (hosts: readonly string[], proxy: string | false) => ({
    hosts: new Set(hosts),
    proxy,
    signal: new AbortController().signal,
    log: () => undefined,
  });

  it('goes through the proxy, and its digest is verified', { tags: ['proxies'] }, async () => {
    const [proxy, { base, files }] = await Promise.all([serveProxy(LOGIN), serveReleases()]);
    proxy.hosts.set('releases.test:80', portOf(base));
    files.set('/list', 'a list').set('/moved', (_, response) => void response.writeHead(302, { location: '/file' }).end());
    files.set('/file', 'x'.repeat(300_000));
    const options = downloads(['releases.test'], proxy.url);
    expect(await fetchText('http://releases.test/list', options)).toBe('a list');
    const file = join(tempFolder(), 'file');
    const sha256 = createHash('sha256').update('x'.repeat(300_000)).digest('hex');
    await fetchFile('http://releases.test/moved', file, sha256, options);
    expect(readFileSync(file, 'utf8')).toHaveLength(300_000);
    expect(proxy.asked).toEqual(['list', 'moved', 'file'].map((name) => `GET http://releases.test/${name}`));
  });

  it('from an unconfigured host is rejected by its address', { tags: ['proxies', 'F42'] }, async () => {
    const proxy = await serveProxy();
    for (const url of ['https://10.0.0.1/x', 'https://localhost/x', 'https://169.254.169.254/x'])
      await expect(fetchText(url, downloads([], proxy.url))).rejects.toThrow('the address is private');
    // The name does not exist; the proxy reports that.
    await expect(fetchText('https://far.test/x', downloads([], proxy.url))).rejects.toThrow(
      /far\.test\/x: the proxy http:\/\/127\.0\.0\.1:\d+ \("proxy"\) did not connect to far\.test:443: HTTP 502\.$/,
    );
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT far.test:443']));
  });
});
