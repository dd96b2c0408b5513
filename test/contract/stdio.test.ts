import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { FIXTURE_BIN, run, writeConfig } from '../support/gateway.ts';
import { isAlive, until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';
import { testTransport } from './transport.ts';

const target = (file: string) => ({ command: process.execPath, args: [FIXTURE_BIN, 'stdio', '--config', file] });

testTransport({ name: 'stdio', generations: GENERATIONS, serve: async (atEnd) => target(writeConfig({}, ['plain'], tempFolder(atEnd))) });

const line = (id: unknown, method: string, params: object = {}): string => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const handshake = line(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } });

async function exchange(
  input: string,
  config: object = {},
): Promise<{ code: number | null; replies: { id?: unknown; error?: { code: number; data?: { code: string } }; result?: unknown }[] }> {
  const { code, stdout } = await run(['stdio', '--config', writeConfig(config, ['plain'])], { bin: FIXTURE_BIN, input });
  return {
    code,
    replies: stdout
      .split('\n')
      .filter(Boolean)
      .map((l) => JSON.parse(l)),
  };
}

describe('stdio', () => {
  it('finishes calls in flight when stdin ends, and exits with 0', { tags: ['F4'] }, async () => {
    const waits = [1, 2, 3].map((id) => line(id, 'tools/call', { name: 'wait', arguments: { ms: 300 } })).join('');
    const { code, replies } = await exchange(handshake + waits);
    expect(code).toBe(0);
    expect(replies.map((r) => r.id)).toEqual([0, 1, 2, 3]);
  });

  it('reports that its output cannot be written, and exits with 1', { tags: ['output-unwritable'] }, async () => {
    const file = writeConfig({}, ['plain']);
    writeFileSync(join(file, '../in'), handshake);
    const child = spawn(process.execPath, [FIXTURE_BIN, 'stdio', '--config', file], {
      stdio: [openSync(join(file, '../in'), 'r'), openSync('/dev/full', 'w'), 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([1, expect.stringContaining('Standard output cannot be written: ENOSPC')]);
  });

  it('rejects every unreadable message once and continues', {
    tags: ['F1', 'F7', 'F10', 'F11', 'rpc-parse-error', 'rpc-invalid-request', 'rpc-id-type'],
  }, async () => {
    const bad = [
      '{"jsonrpc":"2.0","id":1',
      '[]',
      '[1]',
      '"text"',
      '{"id":5,"method":"ping"}',
      '{"jsonrpc":"2.0","id":null,"method":"ping"}',
      '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
      '{"jsonrpc":"2.0","id":6,"method":"ping","params":[]}',
      '{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}',
    ];
    const { replies } = await exchange(`${handshake}${bad.join('\n')}\n\n  \n${line('', 'ping')}${line(0, 'ping')}`);
    expect(replies.slice(1, -2).map((r) => [r.id, r.error?.code])).toEqual([
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [5, -32600],
      [null, -32600],
      [null, -32600],
      [6, -32602],
      [null, -32600],
    ]);
    expect(replies.slice(-2)).toEqual([
      { jsonrpc: '2.0', id: '', result: {} },
      { jsonrpc: '2.0', id: 0, result: {} },
    ]);
  });

  it('rejects a line over the limit once, skips it and serves the next', { tags: ['F2'] }, async () => {
    const { replies } = await exchange(`${handshake}${'x'.repeat(3_000_000)}\n${line(1, 'ping')}`, { limits: { messageBytes: 1_000_000 } });
    expect(replies.slice(1)).toEqual([
      expect.objectContaining({
        id: null,
        error: expect.objectContaining({ code: -32600, data: expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }) }),
      }),
      { jsonrpc: '2.0', id: 1, result: {} },
    ]);
  });

  it('names the id of a line over the limit if it is near an end, and stops waiting when the input ends', {
    tags: ['large-line-id', 'F2'],
  }, async () => {
    const text = 'x'.repeat(20_000);
    const last = (id: unknown) => `${JSON.stringify({ method: 'ping', params: { id: 'inner', text }, jsonrpc: '2.0', id })}`;
    const first = line('first', 'ping', { text });
    const answer = JSON.stringify({ result: { text }, jsonrpc: '2.0', id: 77 });
    const { replies } = await exchange(`${handshake}${last('last')}\n${first}${text}\n${answer}\n${line(1, 'ping')}${last(2)}`, {
      limits: { messageBytes: 10_000 },
    });
    expect(replies.slice(1).map((r) => [r.id, r.error?.data?.code])).toEqual([
      ['last', 'MESSAGE_TOO_LARGE'],
      ['first', 'MESSAGE_TOO_LARGE'],
      [null, 'MESSAGE_TOO_LARGE'],
      [1, undefined],
      [2, 'MESSAGE_TOO_LARGE'],
    ]);
  });

  it('never sends a second reply to an id with a call in flight, even for invalid messages', { tags: ['duplicate-id'] }, async () => {
    const wait = line(1, 'tools/call', { name: 'wait', arguments: { ms: 300 } });
    const { replies } = await exchange(`${handshake}${wait}{"id":1,"method":"ping"}\n${line(1, 'ping', { text: 'x'.repeat(20_000) })}`, {
      limits: { messageBytes: 10_000 },
    });
    expect(replies.slice(1).map((r) => [r.id, r.error?.code])).toEqual([
      [null, -32600],
      [null, -32600],
      [1, undefined],
    ]);
  });

  it('skips byte order marks, and accepts a last line without a newline', { tags: ['rpc-byte-order-mark'] }, async () => {
    const { replies } = await exchange(`\ufeff${handshake}\ufeff${line(1, 'ping')}\ufeff\r\n\ufeff\n${line(2, 'ping').trim()}`);
    expect(replies.map((r) => [r.id, r.error])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, undefined],
    ]);
  });

  it('reads from files and writes to files and to /dev/null', { tags: ['stdio-files'] }, async () => {
    const dir = tempFolder();
    const file = writeConfig({}, ['plain'], dir);
    const [input, output] = [join(dir, 'in.jsonl'), join(dir, 'out.jsonl')];
    const ids = Array.from({ length: 2_000 }, (_, id) => id + 1);
    writeFileSync(input, handshake + ids.map((id) => line(id, 'ping')).join(''));
    writeFileSync(output, 'before\n');
    for (const target of [output, '/dev/null', undefined]) {
      const stdout = target === undefined ? 'ignore' : openSync(target, 'a');
      const child = spawn(process.execPath, [FIXTURE_BIN, 'stdio', '--config', file], { stdio: [openSync(input, 'r'), stdout, 'pipe'] });
      let said = '';
      child.stderr?.on('data', (chunk) => {
        said += chunk;
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect([target, code, said]).toEqual([target, 0, expect.not.stringMatching(/"level":"(warn|error)"|fd type/)]);
    }
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('before');
    expect(lines.slice(1).map((text) => JSON.parse(text).id)).toEqual([0, ...ids]);
  });

  it('exits without a stack trace if the output cannot be written', { tags: ['stdio-files'] }, async () => {
    const file = writeConfig({}, ['plain']);
    const child = spawn(process.execPath, [FIXTURE_BIN, 'stdio', '--config', file], {
      stdio: ['pipe', openSync('/dev/full', 'w'), 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    // The input stays open.
    child.stdin?.write(handshake);
    await new Promise((resolve) => child.on('close', resolve));
    expect(said).toContain('Standard output cannot be written: ENOSPC');
    expect(said).not.toContain('    at ');
  });

  it('never answers a response', { tags: ['rpc-no-reply-to-responses'] }, async () => {
    const { replies } = await exchange(
      `${handshake}{"jsonrpc":"2.0","id":99,"result":{}}\n{"jsonrpc":"2.0","error":{}}\n${line(1, 'ping')}`,
    );
    expect(replies.map((r) => r.id)).toEqual([0, 1]);
  });

  it('rejects a duplicate id while its call is in flight, and lets the first call finish', { tags: ['duplicate-id', 'F9'] }, async () => {
    const wait = line(1, 'tools/call', { name: 'wait', arguments: { ms: 200 } });
    const { replies } = await exchange(handshake + wait + line(1, 'ping') + line(0, 'ping'));
    expect(replies[1]).toMatchObject({ id: null, error: { code: -32600, data: { code: 'DUPLICATE_ID' } } });
    // An id can be reused after its reply.
    expect(replies[2]).toEqual({ jsonrpc: '2.0', id: 0, result: {} });
    expect(replies[3]).toMatchObject({ id: 1, result: { content: [{ text: 'waited' }] } });
  });

  it('rejects a call before the handshake, and a second handshake', { tags: ['F15'] }, async () => {
    const { replies } = await exchange(line(1, 'tools/list') + line(2, 'ping') + handshake + handshake.replace('"id":0', '"id":3'));
    expect(replies.map((r) => [r.id, r.error?.data?.code])).toEqual([
      [1, 'NOT_INITIALIZED'],
      [2, undefined],
      [0, undefined],
      [3, 'INVALID_REQUEST'],
    ]);
  });

  it('answers batches in the only revision that has them', { tags: ['batch-in-its-revision'] }, async () => {
    const old = handshake.replace('2025-06-18', '2025-03-26');
    const batch = `[${line(1, 'ping').trim()},${line('two', 'tools/call', { name: 'echo', arguments: { message: 'x' } }).trim()}]\n`;
    const { replies } = await exchange(old + batch);
    expect(replies[1]).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 'two', result: { content: [{ type: 'text', text: 'x' }] } },
    ]);
    expect((await exchange(handshake + batch)).replies[1]).toMatchObject({ id: null, error: { code: -32600 } });
  });

  it('exits with its client, and ends everything it started', { tags: ['F4'] }, async () => {
    const client = await connect('v1', target(writeConfig({}, ['plain'])));
    const pid = client.pid() as number;
    await client.close();
    await until('the gateway is gone', () => !isAlive(pid));
  });
});
