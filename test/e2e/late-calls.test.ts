import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { callLine, HANDSHAKE, INITIALIZED, line, RawStdio } from '../support/raw-stdio.ts';
import { tempFolder } from '../support/temp.ts';

// Calls that wait for a server that the last start remembers.

const PATIENT = 25_000;

// A server that works, is silent, or exits. A file controls it at any time.
const PROGRAM = `
  const fs = require('node:fs');
  const mode = () => fs.readFileSync(process.argv[1], 'utf8');
  const say = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
  const result = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'known', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'done' }] },
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (text) => {
    const { id, method } = JSON.parse(text);
    if (mode() === 'ends') process.exit(3);
    if (id === undefined || mode() === 'silent' || (mode() === 'unlisted' && method === 'tools/list')) return;
    say(result[method] ? { id, result: result[method] } : { id, error: { code: -32601, message: 'no' } });
  });
  setInterval(() => { if (mode() === 'ends') process.exit(3); }, 20).unref();`;

/** A configuration whose server is remembered from the last start, and a function to control the server. */
async function known(): Promise<{ file: string; mode(mode: string): void }> {
  const dir = tempFolder();
  const mode = (word: string): void => writeFileSync(join(dir, 'mode'), word);
  mode('works');
  const server = { command: process.execPath, args: ['-e', PROGRAM, join(dir, 'mode')] };
  const limits = { drainMs: 60_000, startTimeoutMs: 60_000 };
  const file = writeConfig({ mcpServers: { server }, limits, state: './state' }, [], dir);
  const first = new RawStdio(file);
  first.send(HANDSHAKE + INITIALIZED);
  await first.reply('hello', PATIENT);
  let asked = 0;
  await until('the tool is listed', async () => {
    first.send(line(asked, 'tools/list'));
    return JSON.stringify(await first.reply(asked++, PATIENT)).includes('"known"');
  });
  first.process.stdin?.end();
  await new Promise((resolve) => first.process.once('exit', resolve));
  return { file, mode };
}

async function waiting(file: string): Promise<RawStdio> {
  const client = new RawStdio(file);
  client.send(HANDSHAKE);
  await client.reply('hello', PATIENT);
  client.send(INITIALIZED + callLine('call', 'known') + line('ping', 'ping'));
  await client.reply('ping', PATIENT);
  return client;
}

const refused = { isError: true, _meta: { 'plugmux/error': { code: 'DRAINING', outcome: 'NOT_SENT' } } };

describe('a call that waits for a server to open', { tags: ['catalogue-remembered'] }, () => {
  it.each(['silent', 'unlisted'])(
    'is rejected at once by a gateway that gets SIGTERM (the server is %s)',
    {
      tags: ['drain-on-signal'],
    },
    async (state) => {
      const { file, mode } = await known();
      mode(state);
      const client = await waiting(file);
      const exit = new Promise((resolve) => client.process.once('exit', resolve));
      client.process.kill('SIGTERM');
      expect((await client.reply('call', PATIENT)).result).toMatchObject(refused);
      expect(await exit).toBe(0);
    },
  );

  it('is cancelled at once if the client disconnects', { tags: ['drain-on-signal'] }, async () => {
    const { file, mode } = await known();
    mode('silent');
    const client = await waiting(file);
    const exit = new Promise((resolve) => client.process.once('exit', resolve));
    client.process.stdin?.end();
    expect((await client.reply('call', PATIENT)).result).toMatchObject(refused);
    expect(await exit).toBe(0);
  });

  it('is cancelled at once over HTTP as well', { tags: ['drain-on-signal'] }, async () => {
    const { file, mode } = await known();
    mode('silent');
    const gateway = await serve(file);
    const client = await connect('v1', gateway);
    const call = client.call('known');
    await client.raw.ping();
    expect(await gateway.stop()).toBe(0);
    expect(await call).toMatchObject(refused);
  });

  it('is reported as not sent if the server ends first', async () => {
    const { file, mode } = await known();
    mode('unlisted');
    const client = await waiting(file);
    mode('ends');
    const { result } = await client.reply('call', PATIENT);
    expect(result).toMatchObject({ isError: true, _meta: { 'plugmux/error': { code: 'PLUGIN_UNAVAILABLE', outcome: 'NOT_SENT' } } });
    expect(JSON.stringify(result)).not.toContain('what the tool did');
  });
});
