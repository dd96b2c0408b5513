import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { GENERATIONS } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';
import { testTransport } from './transport.ts';

testTransport({
  name: 'WebSocket',
  generations: GENERATIONS,
  serve: async (atEnd) => (await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd })).at('ws'),
});

interface Attempt {
  readonly status: number;
  readonly type: string | undefined;
}

/** Tries to open a connection. Returns the server's response instead of an upgrade, if any. */
function attempt(url: string, protocols: string[] | undefined, headers: Record<string, string> = {}): Promise<Attempt | WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols ?? [], { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, response) =>
      resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] }),
    );
    socket.on('error', reject);
  });
}

const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve));

describe('WebSocket', () => {
  it.each([
    ['a foreign origin', ['mcp'], { origin: 'https://evil.example' }, 403],
    ['the origin null', ['mcp'], { origin: 'null' }, 403],
    ['a foreign host', ['mcp'], { host: 'evil.example' }, 403],
    ['a foreign subprotocol', ['chat'], {}, 400],
  ])('rejects %s before the upgrade', { tags: ['F35', 'T2'] }, async (_, protocols, headers, status) => {
    const gateway = await serve(writeConfig({}, ['plain']));
    expect(await attempt(gateway.at('ws').url, protocols, headers as Record<string, string>)).toEqual({ status, type: 'application/json' });
  });

  it('rejects a connection without the token, and one at another path', { tags: ['F35', 'T2', 'F38'] }, async () => {
    const gateway = await serve(
      writeConfig({ auth: { tokens: [{ token: 'a-token-of-sufficient-length', principal: 'ada' }] } }, ['plain']),
    );
    const { url } = gateway.at('ws');
    expect(await attempt(url, ['mcp'])).toMatchObject({ status: 401 });
    expect(await attempt(url, ['mcp'], { cookie: 'token=a-token-of-sufficient-length' })).toMatchObject({ status: 401 });
    const authorization = 'Bearer a-token-of-sufficient-length';
    expect(await attempt(url.replace('/ws', '/mcp'), ['mcp'], { authorization })).toMatchObject({ status: 404 });
    expect(await attempt(url, ['mcp'], { authorization })).toBeInstanceOf(WebSocket);
  });

  it('accepts a client without a subprotocol', async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    const socket = (await attempt(gateway.at('ws').url, undefined)) as WebSocket;
    expect(socket.protocol).toBe('');
    socket.close();
  });

  it('closes on binary frames with 1003, on too large ones with 1009, and serves other clients', {
    tags: ['websocket-frames'],
  }, async () => {
    const gateway = await serve(writeConfig({ limits: { messageBytes: 10_000 } }, ['plain']));
    const open = async (): Promise<WebSocket> => (await attempt(gateway.at('ws').url, ['mcp'])) as WebSocket;
    const [binary, large, good] = [await open(), await open(), await open()];
    binary.send(Buffer.from('{}'));
    large.send('x'.repeat(20_000));
    expect(await Promise.all([closed(binary), closed(large)])).toEqual([1003, 1009]);
    const reply = new Promise((resolve) => good.on('message', (data) => resolve(JSON.parse(String(data)))));
    good.send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(await reply).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it('sends a close frame when the gateway ends', { tags: ['websocket-goodbye'] }, async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    const socket = (await attempt(gateway.at('ws').url, ['mcp'])) as WebSocket;
    const code = closed(socket);
    void gateway.stop();
    expect(await code).toBe(1001);
  });
});
