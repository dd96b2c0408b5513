import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { run, serve, writeConfig } from '../../support/gateway.ts';
import { freePort, listen } from '../../support/http-server.ts';
import { serveIssuer } from '../../support/issuer.ts';
import { until } from '../../support/processes.ts';

interface Report {
  readonly checks: readonly { readonly what: string; readonly isOk: boolean; readonly message: string; readonly fix?: string }[];
  readonly clients: readonly { readonly client: string; readonly will: string }[];
}

async function examine(config: string): Promise<{ code: number | null; report: Report; failed: readonly string[] }> {
  const { code, stdout } = await run(['doctor', '--auth', '--json', '--config', config]);
  const report = JSON.parse(stdout) as Report;
  return { code, report, failed: report.checks.filter(({ isOk }) => !isOk).map(({ message }) => message) };
}

async function start(path = '') {
  const published = `http://127.0.0.1:${await freePort()}${path}`;
  const issuer = await serveIssuer('keycloak', published);
  const auth = { jwt: [{ name: 'corp', issuer: issuer.issuer, profiles: ['reader'] }] };
  const config = writeConfig({ listen: { public: published }, auth, profiles: { reader: {} } }, ['plain']);
  return { published, issuer, config };
}

describe('doctor --auth', () => {
  it('checks the metadata, the issuer and its keys from outside, and says what clients do', { tags: ['doctor-auth'] }, async () => {
    const { published, issuer, config } = await start();
    await serve(config, { address: new URL(published).host });
    const { code, report, failed } = await examine(config);
    // Only a test may be without TLS.
    expect(failed).toEqual([`${published} is not https, so tokens can be read on the way, and hosted clients refuse it`]);
    expect(code).toBe(1);
    const at = `${published}/.well-known/oauth-protected-resource`;
    expect(report.checks.filter(({ isOk }) => isOk).map(({ message }) => message)).toEqual([
      `${at}/mcp`,
      `${at}/mcp/reader`,
      `its metadata names ${issuer.issuer}`,
      'it advertises PKCE with S256',
      `1 key at ${issuer.issuer}/keys`,
    ]);
    expect(report.clients.find(({ client }) => client === 'Claude Code')?.will).toContain('registers itself');
  });

  it('names what is missing', { tags: ['doctor-auth'] }, async () => {
    const { issuer, config } = await start();
    issuer.interfere = (path, response) => {
      if (!path.endsWith('/keys')) return false;
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      return true;
    };
    const { failed } = await examine(config);
    expect(failed.slice(1)).toEqual([
      expect.stringContaining('/mcp: connect ECONNREFUSED'),
      expect.stringContaining('/mcp/reader: connect ECONNREFUSED'),
      'its keys cannot be read: HTTP 302',
    ]);
    issuer.isDown = true;
    expect((await examine(config)).failed.at(-2)).toContain('no metadata of the issuer was found');
    const none = await examine(writeConfig({}, ['plain']));
    expect([none.code, none.failed]).toEqual([1, ['no authorization server is configured']]);
  });

  it('finds a proxy that does not forward the metadata at the root', { tags: ['doctor-auth', 'resource-metadata'] }, async () => {
    let back = '';
    let forwardsRoot = false;
    const proxy = await listen(async (request, response) => {
      const url = request.url ?? '';
      const target = url.startsWith('/tools/') ? url.slice('/tools'.length) : forwardsRoot ? url : undefined;
      const answer =
        target === undefined ? new Response('', { status: 404 }) : await fetch(back + target, { method: request.method ?? 'GET' });
      response.writeHead(answer.status, { 'www-authenticate': answer.headers.get('www-authenticate') ?? '' }).end(await answer.text());
    });
    const published = `${proxy}/tools`;
    const issuer = await serveIssuer('plain', published);
    const auth = { jwt: [{ name: 'corp', issuer: issuer.issuer }] };
    const config = writeConfig({ listen: { public: published }, auth }, ['plain']);
    const address = `127.0.0.1:${await freePort()}`;
    await serve(config, { address });
    back = `http://${address}`;
    const challenge = (await fetch(`${published}/mcp`, { method: 'POST' })).headers.get('www-authenticate');
    const named = /resource_metadata="([^"]*)"/.exec(challenge ?? '')?.[1];
    expect(named).toBe(`${published}/.well-known/oauth-protected-resource/mcp`);
    expect(await (await fetch(named as string)).json()).toMatchObject({ resource: `${published}/mcp` });
    const root = `${proxy}/.well-known/oauth-protected-resource/tools/mcp`;
    expect((await examine(config)).failed.slice(1)).toEqual([`${root}: HTTP 404`]);
    forwardsRoot = true;
    expect((await examine(config)).failed.slice(1)).toEqual([]);
  });
});

describe('a connection', () => {
  it('ends with the last token of its login', { tags: ['jwt-rights'] }, async () => {
    const { published, issuer, config } = await start();
    const gateway = await serve(config, { address: new URL(published).host });
    // It is over in 3 s: 60 s are granted to clocks that differ.
    const exp = Math.floor(Date.now() / 1000) - 57;
    const open = (token: string) =>
      new Promise<WebSocket>((resolve, reject) => {
        const socket = new WebSocket(gateway.at('ws').url, 'mcp', { headers: { authorization: `Bearer ${token}` } });
        socket.on('open', () => resolve(socket));
        socket.on('error', reject);
        onTestFinished(() => socket.terminate());
      });
    const short = await open(await issuer.sign({ exp }));
    const renewed = await open(await issuer.sign({ exp, sub: 'bob' }));
    await open(await issuer.sign({ sub: 'bob' }));
    await until('the connection is closed', () => short.readyState === WebSocket.CLOSED, 15_000);
    expect(renewed.readyState).toBe(WebSocket.OPEN);
  });
});
