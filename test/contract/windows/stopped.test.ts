import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { isAlive, until } from '../../support/processes.ts';
import { cli, echo, type Facts, factsOf, line, oneGateway, opened, openWindow, target } from '../../support/windows.ts';

const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const modern = (id: unknown, method: string, params: object = {}): string => line(id, method, { ...params, _meta: META });
const listen = (id: unknown): string => modern(id, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends the gateway as an operator does. */
async function stop(file: string): Promise<void> {
  const { pid } = (await factsOf(file)) as Facts;
  expect((await cli(file, 'stop')).code).toBe(0);
  await until('it has ended', () => !isAlive(pid));
}

describe('a window whose gateway was stopped', () => {
  it('starts another one only for a request, and subscribes there again', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    const window = openWindow(file);
    window.send(listen('a') + modern(1, 'tools/list'));
    await window.reply(1);
    await stop(file);
    // What a client sends by itself: a new stream in place of the one that ended, and notifications.
    await until('the stream has ended', () => window.messages().some(({ id }) => id === 'a'));
    window.send(listen('b') + listen('c'));
    window.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}\n');
    await pause(1_500);
    expect(await factsOf(file)).toBeUndefined();
    window.send(modern(2, 'tools/call', { name: 'change', arguments: {} }));
    expect((await window.reply(2)).error).toBeUndefined();
    const changes = () => window.messages().filter(({ method }) => method === 'notifications/tools/list_changed');
    await until('the change is reported', () => changes().length > 0);
    await pause(200);
    // The cancelled stream reports nothing.
    expect(changes()).toHaveLength(1);
    expect(await factsOf(file)).toMatchObject({ windows: 1 });
  });

  it('answers pings itself, and serves a handshake that comes later', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    const [window, early] = [await opened(file), openWindow(file)];
    await until('both are attached', async () => (await factsOf(file))?.windows === 2);
    await stop(file);
    window.send(line(7, 'ping'));
    expect(await window.reply(7)).toMatchObject({ result: {} });
    expect(await factsOf(file)).toBeUndefined();
    early.send(
      line(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }) +
        '{"jsonrpc":"2.0","method":"notifications/initialized"}\n' +
        line(1, 'logging/setLevel', { level: 'error' }) +
        echo(2),
    );
    await early.reply(2);
    expect(
      early
        .messages()
        .filter(({ id }) => id !== undefined)
        .map(({ id, error }) => [id, error]),
    ).toEqual([0, 1, 2].map((id) => [id, undefined]));
    window.send(`${line(8, 'tools/call', { name: 'echo', arguments: { message: 'x'.repeat(9 * 1024 * 1024) } })}${echo(9)}`);
    expect((await window.reply(9)).error).toBeUndefined();
    expect((await window.reply(8)).error).toBeDefined();
    expect(await factsOf(file)).toMatchObject({ windows: 2 });
  });

  it('does not start one for a client of the SDK that listens', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    const client = await connect('v2 modern', target(file));
    expect(await client.list()).toContain('echo');
    await stop(file);
    await pause(3_000);
    expect(await factsOf(file)).toBeUndefined();
    expect((await client.call('echo', { message: 'again' })).content).toMatchObject([{ text: 'again' }]);
  });
});
