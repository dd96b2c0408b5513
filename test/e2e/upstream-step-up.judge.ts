import { describe, expect, it } from 'vitest';
import { serveAuthorization, serveProtected, serveProtectedSse } from '../support/authorization.ts';
import { connect } from '../support/clients.ts';
import { BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { logIn } from '../support/login.ts';
import { until } from '../support/processes.ts';

// A login that is sufficient for some tools of its server only.

const errorOf = ({ _meta }: { readonly _meta?: Record<string, unknown> | undefined }) => _meta?.['plugmux/error'];

describe('a tool that needs a scope which the login does not have', () => {
  it.each([true, false])(
    'names the scope, and works after the next login (scopes listed: %s)',
    { tags: ['login-step-up'] },
    async (tellsScope) => {
      const authorization = await serveAuthorization();
      authorization.tellsScope = tellsScope;
      const server = await serveProtected(authorization);
      const mcpServers = { safe: { url: server.url, oauth: { scope: 'files:read' } } };
      const config = writeConfig({ mcpServers, limits: { restartMinMs: 50 } });
      const visited: string[] = [];
      const browse = (url: string) => {
        visited.push(new URL(url).searchParams.get('scope') ?? '');
        return fetch(url);
      };
      await logIn(config, browse);
      const front = await serve(config, { bin: BIN });
      const client = await connect('v2 legacy', front.at('http'));
      await until('its tools are there', async () => (await client.list()).includes('remove'));
      const refused = await client.call('remove');
      expect(refused.isError).toBe(true);
      expect(errorOf(refused)).toMatchObject({
        code: 'NEEDS_CONFIGURATION',
        outcome: 'NOT_SENT',
        message: expect.stringContaining('requires the scope "files:write" for this'),
        fix: expect.stringContaining('Run `plugmux login safe`'),
        plugin: 'safe',
      });
      expect(refused.content[0]?.text).toContain('plugmux login safe');
      // The login stays valid for all other tools, and keeps its scopes.
      expect((await client.call('whoami')).content[0]?.text).toBe('somebody');

      expect((await logIn(config, browse)).code).toBe(0);
      expect((await client.call('remove')).content[0]?.text).toBe('done');
      // One more login: earlier scopes are requested again with the new one.
      expect(errorOf(await client.call('empty'))).toMatchObject({ message: expect.stringContaining('"files:write files:admin"') });
      expect((await logIn(config, browse)).code).toBe(0);
      expect((await client.call('empty')).content[0]?.text).toBe('done');
      expect(visited).toEqual(['files:read', 'files:read files:write', 'files:read files:write files:admin']);
      await front.stop();
      expect((await run(['call', 'empty', '--config', config])).stdout.trim()).toBe('done');
      expect(authorization.grants.map((grant) => grant.get('grant_type'))).toEqual(Array(3).fill('authorization_code'));
    },
  );

  it('may be every tool: the server requires another login first', { tags: ['login-step-up'] }, async () => {
    const authorization = await serveAuthorization();
    const server = await serveProtected(authorization);
    const config = writeConfig({ mcpServers: { safe: { url: server.url } }, limits: { restartMinMs: 50 } });
    await logIn(config);
    server.wants = 'base:all';
    const { stdout } = await run(['doctor', '--config', config]);
    expect(stdout).toMatch(/^todo +safe .*\n.*requires the scope "base:all"[^\n]*\n.*plugmux login safe/m);
    const front = await serve(config, { bin: BIN });
    expect((await logIn(config)).code).toBe(0);
    const client = await connect('v2 legacy', front.at('http'));
    await until('it is there', async () => (await client.list()).includes('whoami'));
    expect((await client.call('whoami')).content[0]?.text).toBe('somebody');
  });

  it('is reported over the older HTTP+SSE, too', async () => {
    const authorization = await serveAuthorization();
    const server = await serveProtectedSse(authorization);
    const config = writeConfig({ mcpServers: { safe: { type: 'sse', url: server.url } }, limits: { restartMinMs: 50 } });
    await logIn(config);
    const refused = await run(['call', 'remove', '--config', config]);
    expect(refused.stdout + refused.stderr).toMatch(/requires the scope "files:write" for this[\s\S]*plugmux login safe/);
    expect((await logIn(config)).code).toBe(0);
    expect((await run(['call', 'remove', '--config', config])).stdout.trim()).toBe('done');
  });

  it('is fixed in the configuration if that defines the login', async () => {
    const authorization = await serveAuthorization();
    const server = await serveProtected(authorization);
    authorization.good.set('written-down', server.url);
    const headers = { authorization: 'Bearer written-down' };
    const { stdout, stderr } = await run([
      'call',
      'remove',
      '--config',
      writeConfig({ mcpServers: { safe: { url: server.url, headers } } }),
    ]);
    expect(stdout + stderr).toMatch(/the scope "files:write"[\s\S]*into the "Authorization" header of its entry/);
    expect(stdout + stderr).not.toContain('plugmux login');
  });
});
