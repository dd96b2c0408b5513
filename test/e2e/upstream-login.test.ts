import { request } from 'node:http';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { until } from '../support/processes.ts';
import { rows } from '../support/stage.ts';

// A server behind a login: one process is the authorization server and checks the tokens in front of a gateway.

interface Guard {
  readonly url: string;
  /** The requests to the token endpoint. */
  readonly grants: { readonly login: string; readonly body: string }[];
}

async function guard(back: string): Promise<Guard> {
  const grants: Guard['grants'] = [];
  let issued = 0;
  const own: string = await listen((req, res) => {
    const json = (body: object, status = 200, headers = {}) =>
      res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    if (req.url?.startsWith('/.well-known/oauth-protected-resource')) return json({ resource: `${own}/mcp`, authorization_servers: [own] });
    if (req.url?.startsWith('/.well-known/')) {
      return json({
        issuer: own,
        authorization_endpoint: `${own}/authorize`,
        token_endpoint: `${own}/token`,
        response_types_supported: ['code'],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
        code_challenge_methods_supported: ['S256'],
      });
    }
    if (req.url === '/token') {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        grants.push({ login: String(req.headers.authorization), body });
        json({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 3600 });
      });
      return;
    }
    // A token is valid until the next one is issued.
    if (issued === 0 || req.headers.authorization !== `Bearer token-${issued}`) {
      return json({ error: 'invalid_token' }, 401, {
        'www-authenticate': `Bearer resource_metadata="${own}/.well-known/oauth-protected-resource/mcp"`,
      });
    }
    const { authorization, ...headers } = req.headers;
    const target = new URL(back);
    const onward = request(target, { method: req.method, headers: { ...headers, host: target.host } }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      if (!body.includes('tell me')) return onward.end(body);
      json({ jsonrpc: '2.0', id: JSON.parse(body).id, error: { code: -32000, message: `refused: ${authorization} of ${issued}` } });
    });
  });
  return { url: own, grants };
}

describe('a server behind a login', () => {
  it('is used with a client id and secret, which only the authorization server receives', async () => {
    const back = await serve(writeConfig({}, ['plain']));
    const { url, grants } = await guard(back.url);
    const oauth = { clientId: 'gateway', clientSecret: 'a-very-secret-word', issuer: url, scope: 'tools' };
    const file = writeConfig({ mcpServers: { back: { url: `${url}/mcp`, oauth } } });
    const front = await serve(file);
    const client = await connect('v2 legacy', front.at('http'));
    await until('its tools are there', async () => (await client.list()).includes('echo'));
    expect((await client.call('echo', { message: 'hello' })).content[0]?.text).toBe('hello');
    expect(grants[0]?.login).toBe(`Basic ${Buffer.from('gateway:a-very-secret-word').toString('base64')}`);
    expect(new URLSearchParams(grants[0]?.body).get('grant_type')).toBe('client_credentials');
    expect(new URLSearchParams(grants[0]?.body).get('scope')).toBe('tools');
    expect(front.stderr()).not.toContain('a-very-secret-word');
    // Its tokens are never stored, but still masked.
    const told = JSON.stringify(await client.call('echo', { message: 'tell me' }));
    await front.said('refused: ');
    for (const text of [told, front.stderr()])
      expect([text, text.includes('token-1')]).toEqual([expect.stringContaining('refused: '), false]);
    // Its lists for this login are not remembered for the next start, only that there were some.
    await front.stop();
    expect(rows(dirname(file)).map(([, row]) => row.split('\n')[1])).toEqual(['true']);
  });

  it('gets no secret when it names another authorization server than the configuration', async () => {
    const back = await serve(writeConfig({}, ['plain']));
    const { url, grants } = await guard(back.url);
    const oauth = { clientId: 'gateway', clientSecret: 'a-very-secret-word', issuer: 'https://login.example.com' };
    const { code, stdout } = await run(['doctor', '--config', writeConfig({ mcpServers: { back: { url: `${url}/mcp`, oauth } } })]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/todo +back/);
    expect(stdout).toContain('Check the "clientId", "clientSecret", "issuer"');
    expect(stdout).not.toContain('a-very-secret-word');
    expect(grants).toEqual([]);
  });

  it('is explained if the configuration has no login for it, or an incomplete one', async () => {
    const { url } = await guard('http://127.0.0.1:1/mcp');
    const mcpServers = {
      none: { url: `${url}/mcp` },
      half: { url: `${url}/mcp`, oauth: { clientSecret: 'gateway' } },
      bad: { url: `${url}/mcp`, headers: { authorization: 'Bearer no' } },
      socket: { url: `${url.replace('http:', 'ws:')}/mcp` },
    };
    const config = writeConfig({ mcpServers });
    const { stdout } = await run(['doctor', '--config', config]);
    for (const id of ['none', 'bad', 'socket']) expect(stdout).toMatch(new RegExp(`^todo +${id} `, 'm'));
    expect(stdout).toMatch(/^FAILED +half /m);
    expect(stdout).toContain('requires a login');
    expect(stdout).toContain('Run `plugmux login none`');
    expect(stdout).not.toContain('plugmux login socket');
    expect(stdout).toContain('Put a token into "headers"');
    expect(stdout).toContain('it lacks clientId, issuer');
    expect(stdout).toMatch(/rejects the "Authorization" header of its entry/);
    // A user who only lists plugins sees the fix too.
    await run(['doctor', '--config', config]);
    const listed = JSON.parse((await run(['list', '--json', '--config', config])).stdout) as { id: string; state: string; fix: string }[];
    expect(listed.find(({ id }) => id === 'none')).toMatchObject({
      state: 'needs-config',
      fix: expect.stringContaining('plugmux login none'),
    });
  });
});
