import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, type Target } from '../support/clients.ts';
import { FIXTURE_BIN, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { HANDSHAKE, line, RawStdio } from '../support/raw-stdio.ts';
import { tempFolder } from '../support/temp.ts';

const config = { limits: { drainMs: 300 } };
const cancelled = { isError: true, _meta: { 'plugmux/error': { code: 'CALL_CANCELLED', outcome: 'SENT_NO_REPLY' } } };

describe('a call that does not end', () => {
  it.each([
    ['http', 'v1'],
    ['http', 'v2 modern'],
    ['sse', 'v1'],
    ['ws', 'v1'],
    ['ws', 'v2 modern'],
  ] as const)('is answered after the drain time, over %s to client %s', { tags: ['drain-on-signal'] }, async (kind, generation) => {
    const gateway = await serve(writeConfig(config, ['plain']));
    const client = await connect(generation, gateway.at(kind));
    const pending = client.call('wait', { ms: 60_000 });
    await client.call('echo', { message: 'the call before has begun' });
    const ended = gateway.stop();
    expect(await pending).toMatchObject(cancelled);
    expect(await ended).toBe(0);
  });

  it('is answered over stdio too, when the gateway gets SIGTERM', { tags: ['drain-on-signal', 'F4'] }, async () => {
    const target: Target = { command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', writeConfig(config, ['plain'])] };
    const client = await connect('v1', target);
    const pending = client.call('wait', { ms: 60_000 });
    await client.call('echo', { message: 'the call before has begun' });
    process.kill(client.pid() as number, 'SIGTERM');
    expect(await pending).toMatchObject(cancelled);
  });

  it.each(['v2 modern', 'v1'] as const)('is answered in time if it reads a resource, for a %s client', async (generation) => {
    const gateway = await serve(writeConfig({ limits: { callTimeoutMs: 1000 } }, ['plain']));
    const { raw } = await connect(generation, gateway);
    await expect(raw.readResource({ uri: 'plain://item/never' })).rejects.toMatchObject({ data: { code: 'CALL_TIMEOUT' } });
    expect((await raw.readResource({ uri: 'plain://item/1' })).contents).toHaveLength(1);
  });

  it('is answered when its session is ended', async () => {
    const gateway = await serve(writeConfig({}, ['plain']));
    const send = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const opened = await send({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') as string };
    const pending = send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', arguments: { ms: 60_000 } } }, headers);
    await send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'echo', arguments: { message: 'begun' } } }, headers);
    expect((await fetch(gateway.url, { method: 'DELETE', headers })).status).toBe(204);
    expect(await (await pending).json()).toMatchObject({ id: 1, result: cancelled });
    const watcher = await connect('v1', gateway);
    await until('the tool is notified', async () => (await watcher.call('cancelled')).content[0]?.text === '1');
  });
});

describe('a gateway that gets SIGTERM', () => {
  const patient = { limits: { drainMs: 60_000 } };

  it.each(['http', 'ws'] as const)('waits for calls, but not for listeners, over %s', { tags: ['drain-on-signal'] }, async (kind) => {
    const gateway = await serve(writeConfig(patient, ['plain']));
    const listener = await connect('v2 modern', gateway.at(kind));
    await listener.call('change');
    await until('it hears of changes', () => listener.changes() > 0);
    expect(await gateway.stop()).toBe(0);
  });

  it('takes no new call on a connection that is open, and answers the one in flight', { tags: ['drain-on-signal'] }, async () => {
    const gateway = await serve(writeConfig(patient, ['plain']));
    const client = await connect('v1', gateway.at('ws'));
    const pending = client.call('wait', { ms: 1000 });
    await client.call('echo', { message: 'the call before has begun' });
    const ended = gateway.stop();
    await until('it drains', async () => (await fetch(new URL('/readyz', gateway.url))).status === 503);
    await expect(client.call('echo', { message: 'late' })).rejects.toMatchObject({ data: { code: 'DRAINING' } });
    expect((await pending).content[0]?.text).toBe('waited');
    expect(await ended).toBe(0);
  });
});

describe('a gateway that gets SIGTERM on its first start, while a server does not respond', () => {
  // Waiting for the first list would take longer than the test.
  const silent = () => {
    const began = join(tempFolder(), 'began');
    const program = `require('node:fs').writeFileSync(process.argv[1], ''); process.stdin.resume();`;
    const mcpServers = { silent: { command: process.execPath, args: ['-e', program, began] } };
    const limits = { firstListMs: 120_000, startTimeoutMs: 120_000, drainMs: 120_000 };
    return { file: writeConfig({ mcpServers, limits, state: './state' }), began: () => until('the server runs', () => existsSync(began)) };
  };

  it('answers initialize at once, and a list with the reason', { tags: ['drain-on-signal'] }, async () => {
    const { file, began } = silent();
    const client = new RawStdio(file);
    client.send(HANDSHAKE + line('tools', 'tools/list'));
    await began();
    client.process.kill('SIGTERM');
    const [code] = await once(client.process, 'exit');
    expect((await client.reply('hello')).result).toMatchObject({ protocolVersion: '2025-11-25' });
    expect([code, client.repliesTo('tools')[0]?.error?.data?.code]).toEqual([0, 'DRAINING']);
  });

  it('ends at once if it serves over HTTP', { tags: ['drain-on-signal'] }, async () => {
    const { file, began } = silent();
    const gateway = spawn(process.execPath, [FIXTURE_BIN, 'serve', '--http', '127.0.0.1:0', '--config', file], { stdio: 'ignore' });
    onTestFinished(() => void gateway.kill('SIGKILL'));
    await began();
    gateway.kill('SIGTERM');
    expect((await once(gateway, 'exit'))[0]).toBe(0);
  });
});
