import { describe, expect, it } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';
import { testTransport } from './transport.ts';

testTransport({
  name: 'HTTP+SSE',
  // A client pinned to the stateless revision refuses this transport, as it must.
  generations: GENERATIONS.filter((generation) => generation !== 'v2 modern'),
  serve: async (atEnd) => (await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd })).at('sse'),
});

describe('HTTP+SSE', () => {
  it('turns a client away that will not shake hands', { tags: ['sse-serves'] }, async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    await expect(connect('v2 modern', gateway.at('sse'))).rejects.toThrow();
    expect((await connect('v1.0', gateway.at('sse'))).raw).toBeDefined();
  });

  it.each([
    ['', 400],
    ['?sessionId=', 400],
    ['?sessionId=nonsense', 400],
    [`?sessionId=${'f'.repeat(32)}`, 404],
    [`?sessionId=${'f'.repeat(32)}&x=1`, 400],
  ])('answers a message to the session %j with %i, and lives on', { tags: ['F33'] }, async (query, status) => {
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
