import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';
import { testTransport } from './transport.ts';

testTransport({
  name: 'HTTP+SSE',
  // A client pinned to the modern revision rejects this transport, as required.
  generations: GENERATIONS.filter((generation) => generation !== 'v2 modern'),
  serve: async (atEnd) => (await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd })).at('sse'),
});

describe('HTTP+SSE', () => {
  it('rejects a client without a handshake', { tags: ['sse-serves'] }, async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    await expect(connect('v2 modern', gateway.at('sse'))).rejects.toThrow();
    expect((await connect('v1.0', gateway.at('sse'))).raw).toBeDefined();
  });

  it.each(['sse', 'sse/', 'sse/reader', 'sse/reader/'])(
    'works below a path of a reverse proxy, at %s',
    { tags: ['path-prefix'] },
    async (path) => {
      const gateway = new URL((await serve(writeConfig({ profiles: { reader: { tools: ['echo'] } } }, ['plain']))).url);
      const proxy = createServer((incoming, outgoing) => {
        if (!incoming.url?.startsWith('/some/tools/')) return void outgoing.writeHead(404).end();
        const { host, hostname, port } = gateway;
        const headers = { ...incoming.headers, host };
        const passed = forward(
          { hostname, port, method: incoming.method, path: incoming.url.slice('/some/tools'.length), headers },
          (answer) => {
            outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
            answer.pipe(outgoing);
          },
        );
        passed.on('error', () => outgoing.destroy());
        outgoing.on('close', () => passed.destroy());
        incoming.pipe(passed);
      });
      onTestFinished(() => void proxy.close().closeAllConnections());
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const target = { kind: 'sse', url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/some/tools/${path}` } as const;
      for (const generation of ['v1.0', 'v1', 'v2 legacy'] as const)
        expect(await (await connect(generation, target)).list()).toContain('echo');
    },
  );

  it.each([
    ['', 400],
    ['?sessionId=', 400],
    ['?sessionId=nonsense', 400],
    [`?sessionId=${'f'.repeat(32)}`, 404],
    [`?sessionId=${'f'.repeat(32)}&x=1`, 400],
  ])('responds to a message for the session %j with %i, and keeps running', { tags: ['F33'] }, async (query, status) => {
    const gateway = await serve(writeConfig({}, ['plain']));
    const messages = new URL(gateway.url);
    messages.pathname = '/messages';
    const answer = await fetch(messages.href + query, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await (await connect('v1', gateway.at('sse'))).list()).toContain('echo');
  });
});

describe('a stream', () => {
  const TOKENS = [
    { token: 'ada-0123456789abcdef', principal: 'ada' },
    { token: 'ada-2-0123456789abcdef', principal: 'ada', profile: 'none' },
    { token: 'bob-0123456789abcdef', principal: 'bob' },
  ] as const;
  const [ADA, ADA_TOO, BOB] = TOKENS;
  const CONFIG = { auth: { tokens: TOKENS }, profiles: { none: { tools: [] } }, limits: { sessionsPerPrincipal: 2 } };
  const bearer = ({ token }: { readonly token: string }) => ({ authorization: `Bearer ${token}` });

  async function open(url: string, token: { readonly token: string }): Promise<{ status: number; endpoint: string | undefined }> {
    const response = await fetch(url, { headers: { ...bearer(token), accept: 'text/event-stream' } });
    if (response.status !== 200) return { status: response.status, endpoint: undefined };
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    onTestFinished(() => reader.cancel());
    const { value } = await reader.read();
    return { status: 200, endpoint: /data: (\S+)/.exec(new TextDecoder().decode(value))?.[1] };
  }

  it('accepts only messages with the token that opened it', { tags: ['F33', 'F41'] }, async () => {
    const gateway = await serve(writeConfig(CONFIG, ['plain']));
    const { url } = gateway.at('sse');
    const { endpoint = '' } = await open(url, ADA);
    const post = async (token: { readonly token: string }): Promise<number> => {
      const headers = { ...bearer(token), 'content-type': 'application/json' };
      return (await fetch(new URL(endpoint, url), { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })).status;
    };
    expect([await post(ADA), await post(ADA_TOO), await post(BOB)]).toEqual([202, 404, 404]);
  });

  it('counts as a session of its principal, who cannot use up all sessions', { tags: ['session-caps'] }, async () => {
    const { url } = (await serve(writeConfig(CONFIG, ['plain']))).at('sse');
    const statuses: number[] = [];
    for (const token of [ADA, ADA_TOO, ADA, BOB]) statuses.push((await open(url, token)).status);
    expect(statuses).toEqual([200, 200, 503, 200]);
  });
});
