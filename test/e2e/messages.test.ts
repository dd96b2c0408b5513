import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { callLine, HANDSHAKE, INITIALIZED, line, RawStdio } from '../support/raw-stdio.ts';

// Raw bytes to the real command line, which no client library would send.

const MB = 1024 * 1024;

async function open(config: object = {}): Promise<RawStdio> {
  const raw = new RawStdio(writeConfig(config, ['plain']));
  raw.send(HANDSHAKE);
  await raw.reply('hello');
  raw.send(INITIALIZED);
  return raw;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('raw messages', () => {
  it('costs 400 MB without a newline one error and no memory', { tags: ['F2'] }, async () => {
    const raw = await open();
    const before = raw.memory('VmRSS');
    const chunk = Buffer.alloc(MB, 'x');
    for (let i = 0; i < 400; i++) {
      raw.send(chunk);
      if (raw.process.stdin?.writableNeedDrain) await once(raw.process.stdin, 'drain');
    }
    raw.send(`\n${line(1, 'ping')}`);
    await raw.reply(1);
    expect(raw.messages.slice(1, -1)).toEqual([expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) })]);
    expect(raw.memory('VmHWM') - before).toBeLessThan(160 * MB);
  });

  it('stops reading from a client that does not read, and leaves no reply pending', { tags: ['F5'], timeout: 60_000 }, async () => {
    const raw = await open({ limits: { queuedBytes: MB } });
    const before = raw.memory('VmRSS');
    raw.process.stdout?.pause();
    const message = 'x'.repeat(200_000);
    const ids = Array.from({ length: 500 }, (_, i) => i);
    for (const id of ids) raw.send(callLine(id, 'echo', { message }));
    await until('it stops reading', async () => {
      const waiting = raw.process.stdin?.writableLength ?? 0;
      await pause(300);
      return waiting > 0 && raw.process.stdin?.writableLength === waiting;
    });
    expect(raw.memory('VmRSS') - before).toBeLessThan(80 * MB);
    raw.process.stdout?.resume();
    await until('every reply has come', () => raw.messages.length === ids.length + 1, 50_000);
    expect(new Set(raw.messages.map(({ id }) => id)).size).toBe(ids.length + 1);
  });

  it.each([0, ''])('accepts %j as an id that can be cancelled', { tags: ['F8', 'cancel-reaches-tool'] }, async (id) => {
    const raw = await open();
    raw.send(callLine(id, 'wait', { ms: 60_000 }));
    raw.send(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })}\n`);
    raw.send(callLine('count', 'cancelled'));
    expect((await raw.reply('count')).result?.content?.[0]?.text).toBe('1');
    expect(raw.repliesTo(id)).toEqual([]);
    raw.send(line(id, 'ping'));
    expect(await raw.reply(id)).toEqual({ jsonrpc: '2.0', id, result: {} });
  });

  it('replaces a lone UTF-16 surrogate with U+FFFD', { tags: ['F14'] }, async () => {
    const raw = await open();
    raw.send('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"a\\ud800b"}}}\n');
    await raw.reply(1);
    expect(raw.lines.at(-1)).toContain('"text":"a\ufffdb"');
  });

  it('answers or cancels a call, never both, and sends nothing afterwards', { tags: ['F16'] }, async () => {
    const raw = await open({ limits: { callsPerClient: 10_000, callsPerPlugin: 10_000, calls: 10_000 } });
    const rounds = 5_000;
    for (let id = 0; id < rounds; id++) {
      const cancel = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })}\n`;
      raw.send(callLine(id, id % 3 === 0 ? 'wait' : 'echo', id % 3 === 0 ? { ms: id % 7 } : { message: String(id) }));
      if (id % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      raw.send(cancel);
    }
    raw.send(line('end', 'ping'));
    await raw.reply('end', 20_000);
    const seen = raw.messages.length;
    await pause(200);
    expect(raw.messages.length).toBe(seen);
    const ids = raw.messages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    raw.send(callLine('after', 'echo', { message: 'x' }));
    expect((await raw.reply('after')).result?.content?.[0]?.text).toBe('x');
  });

  it('rejects strange tool names, and shows them shortened', { tags: ['F13', 'tools-unknown'] }, async () => {
    const raw = await open();
    const names = ['__proto__', 'toString', 'constructor', 'hasOwnProperty', 'x'.repeat(1_000_000), 'a\u0000\u001b[31m\u202eb', ''];
    for (const [id, name] of names.entries()) {
      raw.send(callLine(id, name));
      const { error } = await raw.reply(id);
      expect([name.slice(0, 20), error?.code, error?.data?.code]).toEqual([name.slice(0, 20), -32602, 'UNKNOWN_TOOL']);
      expect(error?.message.length).toBeLessThan(400);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(error?.message).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
  });

  it('rejects a URI that matches no template, quickly', { tags: ['F18', 'resources-unknown'] }, async () => {
    const raw = await open();
    const strange = [
      'file:///etc/passwd',
      '../../etc/passwd',
      'plain://item/../../x',
      'plain://item/%2e%2e%2fx',
      `plain://item/${'a/'.repeat(100_000)}`,
      '',
    ];
    for (const [id, uri] of strange.entries()) {
      raw.send(line(id, 'resources/read', { uri }));
      const { error, result } = await raw.reply(id);
      // An encoded dot is a plain value for the plugin, and never a path for the gateway.
      if (uri.includes('%2e')) expect(JSON.stringify(result)).toContain('item ');
      else expect([uri.slice(0, 30), error?.code]).toEqual([uri.slice(0, 30), -32602]);
    }
  });
});

const ENVELOPE = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

describe('the modern era on one connection', () => {
  const modern = (id: unknown, method: string, params: object = {}, meta: object = {}): string =>
    line(id, method, { ...params, _meta: { ...ENVELOPE, ...meta } });

  it('sends a listener only what it subscribed to, and ends its stream with a result', {
    tags: ['listen', 'resources-watched'],
  }, async () => {
    const raw = new RawStdio(writeConfig({}, ['plain']));
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['plain://text', 'plain://none'], unknown: true };
    raw.send(modern('l', 'subscriptions/listen', { notifications }));
    raw.send(modern('p', 'subscriptions/listen', { notifications: { promptsListChanged: true } }));
    await until('both are acknowledged', () => raw.messages.length === 2);
    const subscription = (id: string) => ({ _meta: expect.objectContaining({ 'io.modelcontextprotocol/subscriptionId': id }) });
    const acknowledged = 'notifications/subscriptions/acknowledged';
    expect(raw.messages).toEqual([
      expect.objectContaining({
        method: acknowledged,
        params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['plain://text'] }, ...subscription('l') },
      }),
      expect.objectContaining({ method: acknowledged, params: { notifications: { promptsListChanged: true }, ...subscription('p') } }),
    ]);
    raw.send(modern(1, 'tools/call', { name: 'change', arguments: {} }));
    await until('the change is reported', () => raw.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
    await pause(100);
    const told = raw.messages.filter(({ method }) => method?.endsWith('list_changed'));
    expect(told).toEqual([{ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: subscription('l') }]);
    const updates = raw.messages.filter(({ method }) => method === 'notifications/resources/updated');
    expect(updates).toEqual([expect.objectContaining({ params: { uri: 'plain://text', ...subscription('l') } })]);
    raw.send(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'p' } })}\n`);
    raw.process.stdin?.end();
    await until('the stream has its result', () => raw.repliesTo('l').length === 1);
    expect(raw.repliesTo('l')).toEqual([{ jsonrpc: '2.0', id: 'l', result: { resultType: 'complete', ...subscription('l') } }]);
    expect(raw.repliesTo('p')).toEqual([]);
  });

  it('logs and reports progress only for the request that asks for it', { tags: ['logging-from-level', 'progress-in-order'] }, async () => {
    const raw = new RawStdio(writeConfig({}, ['plain']));
    raw.send(modern(1, 'tools/call', { name: 'log', arguments: {} }));
    raw.send(modern(2, 'tools/call', { name: 'count', arguments: { to: 2 } }));
    await raw.reply(1);
    await raw.reply(2);
    expect(raw.messages.map(({ id }) => id)).toEqual([1, 2]);
    raw.send(modern(3, 'tools/call', { name: 'log', arguments: {} }, { 'io.modelcontextprotocol/logLevel': 'info' }));
    await raw.reply(3);
    expect(raw.messages.slice(2).map(({ id, method }) => id ?? method)).toEqual(['notifications/message', 'notifications/message', 3]);
  });
});

describe('resources that a legacy client subscribes to', () => {
  it('are reported when they change, until it unsubscribes', { tags: ['resources-watched'] }, async () => {
    const raw = await open();
    const updates = (): number => raw.messages.filter(({ method }) => method === 'notifications/resources/updated').length;
    raw.send(line(1, 'resources/subscribe', { uri: 'plain://none' }));
    expect((await raw.reply(1)).error?.code).toBe(-32602);
    raw.send(line(2, 'resources/subscribe', { uri: 'plain://text' }));
    raw.send(callLine(3, 'change'));
    await until('the change is reported', () => updates() === 1);
    expect(raw.messages.find(({ method }) => method === 'notifications/resources/updated')).toMatchObject({
      params: { uri: 'plain://text' },
    });
    raw.send(line(4, 'resources/unsubscribe', { uri: 'plain://text' }));
    raw.send(callLine(5, 'change'));
    await raw.reply(5);
    await pause(100);
    expect(updates()).toBe(1);
  });
});

describe('many messages', () => {
  it('coalesce a thousand changes, and do not grow', { tags: ['F55', 'tools-list-changed'], timeout: 60_000 }, async () => {
    const raw = await open();
    for (let id = 0; id < 2_000; id++) raw.send(line(`w${id}`, 'tools/list'));
    await raw.reply('w1999', 20_000);
    const before = raw.memory('VmRSS');
    for (let id = 0; id < 1_000; id++) raw.send(callLine(`c${id}`, 'change'));
    await raw.reply('c999', 20_000);
    for (let id = 0; id < 12_000; id++) raw.send(line(`l${id}`, 'tools/list'));
    await raw.reply('l11999', 40_000);
    await pause(200);
    const told = raw.messages.filter(({ method }) => method === 'notifications/tools/list_changed').length;
    expect(told).toBeLessThan(100);
    expect(raw.memory('VmRSS') - before).toBeLessThan(120 * MB);
  });
});
