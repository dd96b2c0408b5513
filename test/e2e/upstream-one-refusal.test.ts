import { describe, expect, it } from 'vitest';
import { serveAuthorization, serveProtectedSse } from '../support/authorization.ts';
import { connect } from '../support/clients.ts';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { logIn } from '../support/login.ts';
import { SCOPE, servePartlyProtected } from '../support/partly-protected.ts';
import { until } from '../support/processes.ts';

// A server whose tools need no login, except for one.

const errorOf = ({ _meta }: { readonly _meta?: Record<string, unknown> | undefined }) => _meta?.['plugmux/error'];
const textOf = ({ content }: { readonly content: readonly { readonly text?: string }[] }) => content[0]?.text;

describe('a tool that is rejected because it needs a login', () => {
  it.each([
    ['401', undefined],
    ['401', 'legacy'],
    ['403', undefined],
    ['403', 'legacy'],
  ] as const)('costs that call alone: HTTP %s, era %s', { tags: ['login-one-call'] }, async (status, era) => {
    const server = await servePartlyProtected(await serveAuthorization(), Number(status));
    const entry = { url: server.url, ...(era ? { era } : {}) };
    const front = await serve(writeConfig({ mcpServers: { safe: entry } }), { bin: BIN });
    const [one, other] = [await connect('v2 legacy', front.at('http')), await connect('v2 modern', front.at('http'))];
    await until('its tools are there', async () => (await one.list()).includes('closed'));
    const { connections } = server;
    const slow = other.call('slow');
    await until('a call is in flight', () => server.calls.includes('slow'));
    // More calls than the circuit breaker would allow.
    for (let round = 0; round < 8; round++) {
      expect(errorOf(await one.call('closed'))).toMatchObject({
        code: 'NEEDS_CONFIGURATION',
        outcome: 'NOT_SENT',
        fix: expect.stringContaining('un `plugmux login safe`'),
        plugin: 'safe',
      });
    }
    expect(server.calls.filter((name) => name === 'closed')).toHaveLength(8);
    expect(textOf(await one.call('open'))).toBe('open');
    server.release();
    expect(textOf(await slow)).toBe('slow');
    expect(server.connections).toBe(connections);
    expect(await other.list()).toEqual(expect.arrayContaining(['open', 'slow', 'closed']));
  });

  it.each([undefined, 'legacy'] as const)(
    'works at once after the login that it requires: era %s',
    { tags: ['login-one-call'] },
    async (era) => {
      const server = await servePartlyProtected(await serveAuthorization(), 401);
      const config = writeConfig({ mcpServers: { safe: { url: server.url, ...(era ? { era } : {}) } } });
      const front = await serve(config, { bin: BIN });
      const client = await connect('v2 legacy', front.at('http'));
      await until('its tools are there', async () => (await client.list()).includes('closed'));
      expect(errorOf(await client.call('closed'))).toMatchObject({ code: 'NEEDS_CONFIGURATION' });
      const { connections } = server;
      let visited = '';
      const login = await logIn(config, (url) => {
        visited = url;
        return fetch(url);
      });
      expect([login.code, login.stderr]).toEqual([0, '']);
      expect(new URL(visited).searchParams.get('scope')).toBe(SCOPE);
      expect(textOf(await client.call('closed'))).toBe('closed');
      expect(server.calls).toEqual(['closed', 'closed']);
      // One of them is from the login itself.
      expect(server.connections).toBe(connections + 1);
      await until('the tools of the login are listed', async () => (await client.list()).includes('more'));
    },
  );

  it('fails only that call over the older HTTP+SSE, too', { tags: ['login-one-call'] }, async () => {
    const server = await serveProtectedSse(await serveAuthorization(), true);
    const config = writeConfig({ mcpServers: { safe: { type: 'sse', url: server.url } } });
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await until('its tools are there', async () => (await client.list()).includes('remove'));
    const sent = server.seen.length;
    for (let round = 0; round < 8; round++)
      expect(errorOf(await client.call('remove'))).toMatchObject({ code: 'NEEDS_CONFIGURATION', outcome: 'NOT_SENT' });
    expect(textOf(await client.call('whoami'))).toBe('somebody');
    // Eight calls and one, and nothing else: the first connection is still in use.
    expect(server.seen).toHaveLength(sent + 9);
    expect((await logIn(config)).code).toBe(0);
    expect(textOf(await client.call('remove'))).toBe('done');
  });

  it('keeps the existing login for all other calls, even if it cannot be refreshed', async () => {
    const authorization = await serveAuthorization();
    const server = await servePartlyProtected(authorization, 401);
    const config = writeConfig({ mcpServers: { safe: { url: server.url, oauth: { scope: 'base' } } } });
    const front = await serve(config, { bin: BIN });
    const client = await connect('v2 legacy', front.at('http'));
    await until('its tools are there', async () => (await client.list()).includes('closed'));
    expect(errorOf(await client.call('closed'))).toMatchObject({ code: 'NEEDS_CONFIGURATION' });
    expect((await logIn(config)).code).toBe(0);
    await until('the login is used', async () => (await client.list()).includes('more'));
    authorization.interfere = ({ url }) => (url === '/token' ? 400 : undefined);
    for (let round = 0; round < 3; round++) expect(errorOf(await client.call('closed'))).toMatchObject({ code: 'NEEDS_CONFIGURATION' });
    expect(textOf(await client.call('more'))).toBe('more');
    authorization.interfere = undefined;
    const visited: string[] = [];
    const again = await logIn(config, async (url) => {
      visited.push(new URL(url).searchParams.get('scope') ?? '');
      await fetch(url);
    });
    expect([again.code, visited]).toEqual([0, [`base ${SCOPE}`]]);
    expect(textOf(await client.call('closed'))).toBe('closed');
  });
});
