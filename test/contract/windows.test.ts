import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { FIXTURE_BIN, serve, writeConfig } from '../support/gateway.ts';
import { isAlive, until } from '../support/processes.ts';
import { cli, echo, type Facts, factsOf, line, oneGateway, opened, openWindow, target } from '../support/windows.ts';
import { testTransport } from './transport.ts';

testTransport({ name: 'stdio of a window', generations: GENERATIONS, serve: async (atEnd) => target(oneGateway({}, atEnd)) });

describe('one gateway for all windows', () => {
  it('is one process however many windows start at once, and ends with "stop"', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    await Promise.all([1, 2, 3, 4].map(() => opened(file)));
    const facts = await factsOf(file);
    expect(facts).toMatchObject({ kind: 'background', windows: 4 });
    await cli(file, 'stop');
    await until('it has ended', () => !isAlive((facts as Facts).pid));
    expect(await factsOf(file)).toBeUndefined();
  });

  it('serves every client of the SDKs', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    for (const generation of GENERATIONS) expect(await (await connect(generation, target(file))).list()).toContain('echo');
    expect(await factsOf(file)).toMatchObject({ kind: 'background', windows: GENERATIONS.length });
  });

  it('ends a while after its last window', { tags: ['one-gateway'] }, async () => {
    const file = writeConfig({ oneGateway: true, state: './state' }, ['plain']);
    const child = spawn(process.execPath, [FIXTURE_BIN, 'background', '--config', file, '--idle', '4'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const code = new Promise((resolve) => child.on('exit', resolve));
    await until('it runs', async () => (await factsOf(file)) !== undefined);
    const window = await opened(file);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(isAlive(child.pid as number)).toBe(true);
    window.child.stdin.end();
    expect(await code).toBe(0);
  });

  it('ends the session of a window that is killed, and no other', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway();
    const [one, other] = await Promise.all([opened(file), opened(file)]);
    one.send(line(1, 'tools/call', { name: 'wait', arguments: { ms: 60_000 } }));
    other.send(line(2, 'tools/call', { name: 'wait', arguments: { ms: 1_500 } }));
    one.child.kill('SIGKILL');
    expect((await other.reply(2)).error).toBeUndefined();
    await until('its session has ended', async () => (await factsOf(file))?.windows === 1);
  });

  it('answers calls in flight with one error each if the gateway is killed, and goes on with a new one', {
    tags: ['gateway-lost'],
  }, async () => {
    const file = oneGateway();
    const windows = await Promise.all([opened(file), opened(file)]);
    for (const window of windows) for (const id of [1, 2]) window.send(line(id, 'tools/call', { name: 'wait', arguments: { ms: 60_000 } }));
    const before = (await factsOf(file)) as Facts;
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(before.pid, 'SIGKILL');
    for (const window of windows) {
      for (const id of [1, 2])
        expect((await window.reply(id)).error?.data).toMatchObject({ code: 'GATEWAY_LOST', outcome: 'SENT_NO_REPLY' });
      window.send(echo(3));
      expect((await window.reply(3)).error).toBeUndefined();
      const methods = window.messages().flatMap(({ method }) => (method?.endsWith('list_changed') ? method : []));
      expect(new Set(methods).size).toBe(3);
      // The handshake that was replayed is not answered a second time.
      expect(window.messages().filter(({ id }) => id === 0)).toHaveLength(1);
      expect(window.messages().filter(({ id }) => id === 1 || id === 2)).toHaveLength(2);
    }
    expect(await factsOf(file)).toMatchObject({ windows: 2 });
    expect((await factsOf(file))?.pid).not.toBe(before.pid);
  });

  it('is "serve" if that runs, also without the key, and "serve" takes over from one in the background', {
    tags: ['one-gateway'],
  }, async () => {
    const file = oneGateway();
    const window = await opened(file);
    const background = (await factsOf(file)) as Facts;
    const serving = await serve(file);
    expect(await factsOf(file)).toMatchObject({ kind: 'serve', pid: serving.process.pid });
    await until('the other one has ended', () => !isAlive(background.pid));
    window.send(echo(1));
    expect((await window.reply(1)).error).toBeUndefined();
    await until('the window is attached again', async () => (await factsOf(file))?.windows === 1);
    const refused = await cli(file, 'stop');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`plugmux serve (process ${serving.process.pid})`)]);
    const second = await serve(file);
    await until('the second one says so', () => second.stderr().includes('windows are served by another program'));
    await second.stop();
    const text = readFileSync(file, 'utf8').replace('"oneGateway":true', '"oneGateway":false');
    writeFileSync(file, text);
    await opened(file);
    await until('it is attached', async () => (await factsOf(file))?.windows === 2);
  });

  it('does not serve a window with other values, which says why and serves itself', { tags: ['window-identity'] }, async () => {
    const file = oneGateway({ plugins: { off: { path: './no', enabled: false, config: { off: { key: '${env:WINDOW_KEY:-none}' } } } } });
    await opened(file);
    const other = await opened(file, { WINDOW_KEY: 'another' });
    await until('it says why', () => other.stderr().includes('the gateway that runs has other values: WINDOW_KEY'));
    expect(other.stderr()).not.toContain('another');
    const alone = await opened(file, {}, '--standalone');
    expect(alone.stderr()).not.toContain('gateway');
    expect(await factsOf(file)).toMatchObject({ windows: 1 });
  });

  it('reads a changed file before it serves a window, or tells it why it was rejected', { tags: ['window-identity'] }, async () => {
    const file = oneGateway();
    await opened(file);
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, profiles: { few: { tools: ['echo'] } } }));
    const few = await opened(file, {}, '--profile', 'few');
    few.send(line(1, 'tools/list'));
    expect(JSON.stringify(await few.reply(1))).not.toContain('"count"');
    const unknown = openWindow(file, {}, '--profile', 'fwe');
    expect(await new Promise((resolve) => unknown.child.on('exit', resolve))).toBe(2);
    await until('it says why', () => unknown.stderr().includes('There is no profile "fwe"'));
    writeFileSync(file, JSON.stringify({ ...config, limits: { callTimeoutMs: 'soon' } }));
    const late = await opened(file);
    await until('it says why', () => late.stderr().includes('the configuration was not reloaded'));
    expect(await factsOf(file)).toMatchObject({ windows: 3 });
  });

  it('rejects lines that are too long or no JSON with the same errors as any gateway', { tags: ['one-gateway'] }, async () => {
    const file = oneGateway({ limits: { messageBytes: 10_000 } });
    const window = await opened(file);
    window.send(line(1, 'tools/call', { name: 'echo', arguments: { message: 'x'.repeat(100_000) } }));
    expect((await window.reply(1)).error?.data?.code).toBe('MESSAGE_TOO_LARGE');
    window.send('\u0001{"head":"AA==","tail":"AA=="}\nnot json\n');
    await until('both are rejected', () => window.messages().filter(({ id }) => id === null).length === 2);
    window.send(echo(2));
    expect((await window.reply(2)).error).toBeUndefined();
  });

  it('keeps out programs that do not know the key, and stays open for windows', { tags: ['window-proof'] }, async () => {
    const file = oneGateway();
    await opened(file);
    const key = file.replace(/mcp\.json$/, 'state/key');
    const kept = readFileSync(key);
    writeFileSync(key, Buffer.alloc(32, 7));
    const stranger = await opened(file);
    await until('it says why', () => stranger.stderr().includes('this window has a gateway of its own'));
    writeFileSync(key, kept);
    await opened(file);
    expect(await factsOf(file)).toMatchObject({ windows: 2 });
  });
});
