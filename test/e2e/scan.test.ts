import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, type Kind } from '../support/clients.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';
import { callLine, HANDSHAKE, RawStdio } from '../support/raw-stdio.ts';
import { tempFolder } from '../support/temp.ts';

// Tests of the message scan: it must find planted faults, and must cover real gateways.

const SCAN = new URL('../support/scan-messages.mjs', import.meta.url).href;
const { faultsOf, messagesOf } = (await import(SCAN)) as {
  faultsOf(bytes: Buffer): string[];
  messagesOf(text: string): unknown[];
};

const bytes = (text: string): Buffer => Buffer.from(text);
const reply = (result: object): string => JSON.stringify({ jsonrpc: '2.0', id: 1, result });

describe('the scan of a message', () => {
  it.each([
    ['half a pair in a result', reply({ content: [{ type: 'text', text: '\ud83d' }] }), 'half a surrogate pair'],
    ['half a pair in a key', reply({ structuredContent: { '\udc00': 1 } }), 'half a surrogate pair'],
    ['half a pair in an error', JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x\ud800' } }), 'half a surrogate pair'],
    ['half a pair outside of a message', '{"text":"\\uDEAD"}', 'half a surrogate pair'],
    [
      'a hidden character in a list of tools',
      reply({ tools: [{ name: 'a', inputSchema: { properties: { a: { title: 'x\u202ey' } } } }] }),
      'hidden',
    ],
    ['a hidden key in a list of prompts', reply({ prompts: [{ _meta: { 'a\u200b': 1 } }] }), 'hidden'],
    ['a tag in instructions', reply({ protocolVersion: '1', instructions: 'x\u{e0041}' }), 'hidden'],
    ['an escape sequence in a prompt', reply({ messages: [{ content: { text: '\u001b[2J' } }] }), 'hidden'],
    ['a joiner with nothing to join, in a list of resources', reply({ resources: [{ name: 'a\u200d ' }] }), 'hidden'],
  ])('finds %s', (_, text, fault) => {
    for (const frame of [text, `event: message\ndata: ${text}\n\n`, `\u0001${text}`, `[${text},${text}]`])
      expect(faultsOf(bytes(frame))).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
  });

  it('finds bytes that are not UTF-8', () => {
    const broken = Buffer.concat([bytes('{"jsonrpc":"2.0","x":"'), Buffer.from([0xff, 0xc3, 0x28]), bytes('"}')]);
    expect(faultsOf(broken)).toEqual(['not UTF-8']);
  });

  it.each([
    ['data with hidden characters', reply({ content: [{ type: 'text', text: 'a\u202e' }], structuredContent: { a: '\u200b' } })],
    [
      'whole pairs and backslashes',
      reply({ content: [{ type: 'text', text: 'C:\\ud83d \u{1f600} \\ude00' }] }).replace('\u{1f600}', '\\ud83d\\ude00'),
    ],
    ['texts of languages that join letters', reply({ tools: [{ title: 'می\u200cخواهم\u200e 👨\u200d👩\u200d👧' }] })],
  ])('accepts %s', (_, text) => {
    expect(messagesOf(text)).toHaveLength(1);
    expect(faultsOf(bytes(text))).toEqual([]);
  });
});

describe('the scan of a process', () => {
  const scanInto = (file: string): NodeJS.ProcessEnv => ({ PLUGMUX_SCAN_FILE: file });

  it('covers what a gateway writes over every transport', async () => {
    const file = join(tempFolder(), 'faults');
    const gateway = await serve(writeConfig({}, ['plain']), { env: scanInto(file) });
    for (const kind of ['http', 'sse', 'ws'] as const satisfies readonly Kind[])
      await (await connect('v2 legacy', gateway.at(kind))).list();
    await gateway.stop();
    expect(Number(readFileSync(`${file}.seen`, 'utf8'))).toBeGreaterThanOrEqual(6);
  });

  it('covers what a gateway writes on stdio', async () => {
    const file = join(tempFolder(), 'faults');
    const before = process.env.PLUGMUX_SCAN_FILE;
    process.env.PLUGMUX_SCAN_FILE = file;
    const raw = new RawStdio(writeConfig({}, ['plain']));
    process.env.PLUGMUX_SCAN_FILE = before;
    raw.send(HANDSHAKE);
    raw.send(callLine(1, 'echo', { message: 'x' }));
    await raw.reply(1);
    const ended = new Promise((resolve) => raw.process.on('exit', resolve));
    raw.process.stdin?.end();
    await ended;
    expect(Number(readFileSync(`${file}.seen`, 'utf8'))).toBeGreaterThanOrEqual(1);
  });

  it('records a fault planted in a gateway', async () => {
    const dir = tempFolder();
    const file = join(dir, 'faults');
    const planted = join(dir, 'fixture-main.mjs');
    const say = (text: string): string => `out.write(${JSON.stringify(`${text}\n`)});`;
    writeFileSync(
      planted,
      `import { Socket } from 'node:net';
      const out = new Socket({ fd: 1, readable: false, writable: true });
      ${say(reply({ tools: [{ description: 'a\u202eb' }] }))}
      ${say(reply({ content: [{ type: 'text', text: '\ud83d' }] }))}
      out.end();`,
    );
    const { code } = await run([], { bin: planted, env: scanInto(file) });
    expect(code).toBe(0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toEqual([expect.stringContaining('hidden characters'), expect.stringContaining('half a surrogate pair')]);
    expect(process.env.NODE_OPTIONS).toContain(SCAN);
  });

  // As grpc-js does it.
  it('records a fault planted in an HTTP/2 request', async () => {
    const dir = tempFolder();
    const file = join(dir, 'faults');
    const planted = join(dir, 'fixture-main.mjs');
    writeFileSync(
      planted,
      `import { createRequire } from 'node:module';
      const http2 = createRequire(import.meta.url)('http2');
      const server = http2.createServer().on('stream', (stream) => stream.resume().on('end', () => stream.respond({}, { endStream: true })));
      server.listen(0, '127.0.0.1', () => {
        const session = http2.connect('http://127.0.0.1:' + server.address().port);
        const stream = session.request({ ':method': 'POST' });
        stream.write(Buffer.from(${JSON.stringify('{"whole":"\\ud83d\\ude00"}')}));
        stream.write(Buffer.from(${JSON.stringify('{"first":"\\ud83d"}')}));
        stream.end(Buffer.from(${JSON.stringify('{"last":"\\ude00"}')}));
        stream.resume().on('close', () => session.close(() => server.close()));
      });`,
    );
    const { code } = await run([], { bin: planted, env: scanInto(file) });
    expect(code).toBe(0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toEqual([expect.stringContaining('"first'), expect.stringContaining('"last')]);
  });
});
