import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationServer,
  type ProtectedServer,
  serveAuthorization,
  serveProtected,
  serveProtectedSse,
} from '../support/authorization.ts';
import { connect } from '../support/clients.ts';
import { BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { freePort } from '../support/http-server.ts';
import { logIn } from '../support/login.ts';
import { until } from '../support/processes.ts';

// A user logs in to a server of the official SDK; the browser is a fetch that follows redirects.

interface Place {
  readonly authorization: AuthorizationServer;
  readonly server: ProtectedServer;
  readonly config: string;
}

async function prepare(oauth?: object): Promise<Place> {
  const authorization = await serveAuthorization();
  const server = await serveProtected(authorization);
  const entry = { url: server.url, ...(oauth === undefined ? {} : { oauth }) };
  return { authorization, server, config: writeConfig({ mcpServers: { safe: entry }, limits: { restartMinMs: 50 } }) };
}

describe('a server that requires a user to log in', () => {
  it('accepts a browser login for every gateway of the same state, until the user logs out', async () => {
    const { authorization, server, config } = await prepare();
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await front.said('requires a login');
    await front.said('Run `plugmux login safe`');
    expect(authorization.asked).toEqual([]);

    const login = await logIn(config);
    expect([login.code, login.stderr]).toEqual([0, '']);
    expect(login.stdout).toContain('Logged in to safe.');
    await until('the running gateway connects', async () => (await client.list()).includes('whoami'));
    expect((await client.call('whoami')).content[0]?.text).toBe('somebody');
    const [grant] = authorization.grants;
    expect(grant?.get('code_verifier')?.length).toBeGreaterThan(40);
    expect(grant?.get('resource')).toBe(server.url);

    // Another gateway, later: the login is stored, readable by its owner alone.
    await front.stop();
    const state = join(dirname(config), '.plugmux');
    for (const name of readdirSync(state).filter((file) => file.startsWith('state.db'))) {
      expect([name, (statSync(join(state, name)).mode & 0o077).toString(8)]).toEqual([name, '0']);
    }
    expect((await run(['call', 'whoami', '--config', config])).stdout.trim()).toBe('somebody');
    expect(authorization.grants).toHaveLength(1);
    for (const token of authorization.good.keys()) expect(login.stdout + front.stderr()).not.toContain(token);

    expect((await run(['logout', 'safe', '--config', config])).stdout).toContain('Logged out of safe');
    expect((await run(['doctor', '--config', config])).stdout).toContain('plugmux login safe');
    expect(readFileSync(join(state, 'state.db'), 'latin1')).not.toContain('"refresh_token"');
  });

  it('gets a new token when the old one expires, once for all waiting calls, and it is stored', async () => {
    const { authorization, config } = await prepare();
    await logIn(config);
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await until('it is there', async () => (await client.list()).includes('whoami'));
    for (let round = 1; round <= 3; round++) {
      authorization.good.clear();
      await new Promise((resolve) => setTimeout(resolve, round === 1 ? 0 : 1_100));
      const results = await Promise.all(Array.from({ length: 5 }, () => client.call('whoami')));
      expect(results.map(({ content }) => content[0]?.text)).toEqual(Array(5).fill('somebody'));
    }
    expect(authorization.grants.map((grant) => grant.get('grant_type'))).toEqual(['authorization_code', ...Array(3).fill('refresh_token')]);
    await front.stop();
    expect((await run(['call', 'whoami', '--config', config])).stdout.trim()).toBe('somebody');
    expect(authorization.clients.size).toBe(1);
  });

  it('reports a login that ended at the server, and works after the next one', async () => {
    const { authorization, config } = await prepare();
    await logIn(config);
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await until('it is there', async () => (await client.list()).includes('whoami'));
    authorization.good.clear();
    // While the authorization server is down, users are not asked to log in again.
    authorization.interfere = () => 503;
    const failed = await client.call('whoami');
    expect(failed._meta?.['plugmux/error']).toMatchObject({ message: expect.stringContaining('cannot be renewed') });
    authorization.interfere = ({ url }) => (url === '/token' ? 400 : undefined);
    await until('it wants a login', async () => (await client.call('whoami')).content[0]?.text?.includes('plugmux login safe') ?? false);
    authorization.interfere = undefined;
    expect((await logIn(config)).code).toBe(0);
    await until('it is back', async () => !(await client.call('whoami').catch(() => ({ isError: true }))).isError);
    expect(authorization.clients.size).toBe(2);
  });

  it('reports why a login failed, and nothing of it is stored', async () => {
    const { authorization, config } = await prepare();
    authorization.agrees = false;
    const refused = await logIn(config);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('access_denied')]);
    authorization.agrees = true;
    // A forged request to the callback address is ignored.
    const forged = await logIn(config, async (url) => {
      const back = new URL(url).searchParams.get('redirect_uri');
      for (const query of ['?code=stolen', '?code=stolen&state=guess']) expect((await fetch(back + query)).status).toBe(400);
      expect((await fetch(`${back}?code=x`, { method: 'POST' })).status).toBe(404);
      await fetch(url);
    });
    expect(forged.code).toBe(0);
    await run(['logout', 'safe', '--config', config]);
    const other = await logIn(config, async (url) => {
      const query = new URL(url).searchParams;
      await fetch(`${query.get('redirect_uri')}?code=x&state=${query.get('state')}&iss=https://elsewhere.example`);
    });
    expect(other.code).toBe(1);
    const late = await logIn(config, async () => undefined, ['--timeout', '1']);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('timed out')]);
    expect((await run(['logout', 'safe', '--config', config])).stdout).toContain('No login is stored');
    for (const [name, message] of [
      ['nobody', 'No server "nobody"'],
      ['local', 'is not an HTTP server'],
    ] as const) {
      const { code, stderr } = await run(['login', name, '--config', writeConfig({ mcpServers: { local: { command: 'true' } } })]);
      expect([code === 0, stderr]).toEqual([false, expect.stringMatching(new RegExp(message))]);
    }
  });

  it('accepts a preregistered client id and a fixed port', async () => {
    const { authorization, server } = await prepare();
    const callbackPort = await freePort();
    authorization.clients.set('known', { redirect_uris: [`http://127.0.0.1:${callbackPort}/callback`] });
    const oauth = { clientId: 'known', callbackPort, scope: 'read write' };
    const config = writeConfig({ mcpServers: { safe: { url: server.url, oauth } } });
    let visited = '';
    const { code, stderr } = await logIn(config, (url) => {
      visited = url;
      return fetch(url);
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(new URL(visited).searchParams.get('scope')).toBe('read write');
    expect(authorization.asked).not.toContain('/register');
    expect((await run(['call', 'whoami', '--config', config])).stdout.trim()).toBe('somebody');
  });

  it('may use the older HTTP+SSE', async () => {
    const authorization = await serveAuthorization();
    const server = await serveProtectedSse(authorization);
    const config = writeConfig({ mcpServers: { safe: { type: 'sse', url: server.url } }, limits: { restartMinMs: 50 } });
    expect((await run(['doctor', '--config', config])).stdout).toContain('plugmux login safe');
    const { code, stderr } = await logIn(config);
    expect([code, stderr]).toEqual([0, '']);
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await until('it is there', async () => (await client.list()).includes('whoami'));
    authorization.good.clear();
    await until('it is called with a new token', async () => (await client.call('whoami')).content[0]?.text === 'somebody');
    expect(authorization.grants.map((grant) => grant.get('grant_type'))).toEqual(['authorization_code', 'refresh_token']);
  });
});
