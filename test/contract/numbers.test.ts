import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { answer } from '../fixtures/number-server.mjs';
import { BIN, type Serving, serve } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { pluginText, writeFiles } from '../support/jaato.ts';
import { until } from '../support/processes.ts';
import { describeWithPython } from '../support/python.ts';
import { HANDSHAKE, RawStdio } from '../support/raw-stdio.ts';
import { writePlugin } from '../support/talos.ts';
import { type AtEnd, tempFolder } from '../support/temp.ts';

// Numbers that a double cannot represent or that would be formatted differently, on every path through the gateway.

const SERVER = fileURLToPath(new URL('../fixtures/number-server.mjs', import.meta.url));
const EXACT = ['9007199254740993', '-1234567890123456789012345', '1.0', '1e2', '-0', '0.10', '0.1000000000000000055511151231257827'];
const ORDINARY = ['0', '-7', '0.25', '9007199254740991', '0.30000000000000004'];
const FAULTY = ['1e999', '-1E+400', `1${'0'.repeat(2000)}`];
const WORDS = ['NaN', 'Infinity', '-Infinity'];
const UPSTREAMS = ['stdio', 'json', 'stream', 'sse', 'ws'];

const PYTHON = pluginText('py', {
  look: 'repr(args["x"])',
  give: '{"x": eval(args["number"])}',
  same: '{"x": args["x"]}',
}).replace(
  '{"name": tool, "description": tool}',
  '{"name": tool, "description": tool, "parameters": {"type": "object", "properties": {"x": {"default": 1.0}, "number": {"type": "string"}}}}',
);
const TYPESCRIPT = `export const handlers = {
  look: async ({ x }: { x: unknown }) => JSON.stringify(x),
  give: async ({ x }: { x: string }) => ({ list: [{ x: Number(x) }] }),
};`;

let gateway: Serving;

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

async function openUpstreams(atEnd: AtEnd): Promise<Record<string, object>> {
  let events: ServerResponse | undefined;
  const origin = await listen(async (request, response) => {
    const { url = '' } = request;
    if (url === '/sse' && request.method === 'GET') {
      events = response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      return void response.write('event: endpoint\ndata: /sse/1.0\n\n');
    }
    if (request.method !== 'POST' || url === '/sse') return void response.writeHead(405).end();
    const lines = answer(await read(request), {});
    if (url === '/sse/1.0') {
      response.writeHead(202).end();
      for (const line of lines) events?.write(`data: ${line}\n\n`);
    } else if (lines.length === 0) response.writeHead(202).end();
    else if (url === '/json') response.writeHead(200, { 'Content-Type': 'application/json' }).end(lines.at(-1));
    else response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(lines.map((line) => `data: ${line}\n\n`).join(''));
  }, atEnd);
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mcp' });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const line of answer(String(data), {})) socket.send(line);
    });
  });
  atEnd(() => void sockets.close());
  await new Promise((resolve) => sockets.once('listening', resolve));
  return {
    stdio: { command: process.execPath, args: [SERVER] },
    json: { type: 'http', url: `${origin}/json` },
    stream: { type: 'http', url: `${origin}/stream` },
    sse: { type: 'sse', url: `${origin}/sse` },
    ws: { type: 'ws', url: `ws://127.0.0.1:${(sockets.address() as { port: number }).port}` },
  };
}

interface Answer {
  readonly text: string;
  readonly refused: string | undefined;
  /** Raw text. */
  readonly raw: string;
}

/** Calls a tool with arguments given as JSON. */
async function call(tool: string, args: string): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(new URL(`/api/tools/${tool}`, gateway.url), { method: 'POST', headers, body: args });
  const raw = await response.text();
  const body = JSON.parse(raw) as { content?: { text: string }[]; _meta?: Record<string, { code: string }>; error?: { code: string } };
  return { text: body.content?.[0]?.text ?? '', refused: body._meta?.['plugmux/error']?.code ?? body.error?.code, raw };
}

describeWithPython('numbers', () => {
  let dir: string;

  beforeAll(async () => {
    const ends: (() => unknown)[] = [];
    const atEnd = ((end: () => unknown) => void ends.push(end)) as AtEnd;
    dir = tempFolder(atEnd);
    writeFiles(dir, { 'py.py': PYTHON });
    const parameters = { type: 'object', properties: { x: {} } };
    const functions = ['look', 'give'].map((name) => ({ name, description: 'Looks or gives', parameters }));
    for (const id of ['ts', 'inside']) writePlugin(dir, id, { 'index.ts': TYPESCRIPT }, { functions });
    const plugins = { py: { format: 'jaato', path: './py.py' }, ts: { path: './ts' }, inside: { path: './inside', isolation: 'none' } };
    const mcpServers = await openUpstreams(atEnd);
    writeFiles(dir, { 'mcp.json': JSON.stringify({ plugins, mcpServers }) });
    gateway = await serve(join(dir, 'mcp.json'), { bin: BIN, atEnd });
    return async () => {
      for (const end of ends.reverse()) await end();
    };
  }, 60_000);

  it.each([...EXACT, ...ORDINARY])('reach an upstream unchanged, and return unchanged: %s', { tags: ['numbers-exact'] }, async (number) => {
    for (const upstream of UPSTREAMS) {
      expect(await call(`${upstream}_look`, `{"x":${number}}`)).toMatchObject({ text: number, refused: undefined });
      const { raw, refused } = await call(`${upstream}_give`, `{"number":"${number}"}`);
      expect([upstream, refused]).toEqual([upstream, undefined]);
      expect(raw).toContain(`"structuredContent":{"x":${number},"list":[${number}]}`);
      expect(raw).toContain(`"y":${number}`);
      expect(raw).toContain(JSON.stringify(`{"x":${number},"list":[${number}]}`));
    }
  });

  it.each(EXACT)('reach a Python plugin as Python numbers, and return unchanged: %s', { tags: ['numbers-exact'] }, async (number) => {
    const isFloat = /[.e]/.test(number);
    const seen = isFloat
      ? ({ '1e2': '100.0', '0.10': '0.1' }[number] ?? (number === '1.0' ? '1.0' : '0.1'))
      : number === '-0'
        ? '0'
        : number;
    expect(await call('py_look', `{"x":${number}}`)).toMatchObject({ text: seen, refused: undefined });
    const { raw } = await call('same', `{"x":${number}}`);
    expect(raw).toContain(`"structuredContent":{"x":${seen}}`);
    expect(raw).toContain(JSON.stringify(`{"x":${seen}}`));
  });

  it("are rejected for a JavaScript plugin that would round them, with the argument's name", { tags: ['numbers-exact'] }, async () => {
    for (const tool of ['ts_look', 'inside_look']) {
      for (const [number, seen] of [
        ['1.0', '1'],
        ['1e2', '100'],
        ['-0', '0'],
        ['0.10', '0.1'],
        ['9007199254740992', '9007199254740992'],
      ]) {
        expect(await call(tool, `{"x":[${number}]}`)).toMatchObject({ text: `[${seen}]`, refused: undefined });
      }
      for (const number of ['9007199254740993', '-1234567890123456789', ...FAULTY]) {
        const { refused, text } = await call(tool, `{"x":{"deep":[1,${number}]}}`);
        expect([number, refused]).toEqual([number, 'ARGUMENTS_INVALID']);
        expect(text).toContain('x.deep.1 ');
      }
    }
  });

  it('that no one can represent fail only their call', { tags: ['numbers-faulty'] }, async () => {
    for (const number of [...FAULTY, ...WORDS]) {
      for (const tool of ['py_look', 'ts_look', ...UPSTREAMS.map((name) => `${name}_look`)]) {
        const { refused, text } = await call(tool, `{"x":[${number}]}`);
        expect([tool, number, refused]).toEqual([tool, number, 'ARGUMENTS_INVALID']);
        expect(text).toContain('x.0 ');
      }
      for (const name of UPSTREAMS) expect((await call(`${name}_give`, `{"number":"${number}"}`)).refused).toBe('RESULT_INVALID');
    }
    for (const number of ['float("nan")', '[float("-inf")]', '10**2000', '10**5000']) {
      expect(await call('py_give', JSON.stringify({ number }))).toMatchObject({ refused: 'RESULT_INVALID' });
    }
    for (const tool of ['ts_give', 'inside_give']) {
      for (const number of WORDS)
        expect([tool, number, (await call(tool, `{"x":"${number}"}`)).refused]).toEqual([tool, number, 'RESULT_INVALID']);
    }
    for (const tool of ['py_look', 'ts_look']) expect(await call(tool, '{"x":1}')).toMatchObject({ text: '1' });
  });

  it('are listed as written, and compared by value', { tags: ['numbers-exact'] }, async () => {
    const client = new RawStdio(join(dir, 'mcp.json'), BIN);
    client.send(HANDSHAKE);
    let list = '';
    // A list does not wait for slow servers.
    await until(
      'all servers are listed',
      async () => {
        const id = `list ${client.lines.length}`;
        client.send(`{"jsonrpc":"2.0","id":"${id}","method":"tools/list"}\n`);
        await client.reply(id, 30_000);
        list = client.lines.find((line) => line.includes(`"id":"${id}"`)) ?? '';
        return ['py', ...UPSTREAMS].every((name) => list.includes(`"${name}_look"`));
      },
      60_000,
    );
    for (const part of [
      '"default":1.0,"examples":[9007199254740993,1e2]',
      '"minimum":-0.0,"maximum":1e3',
      '"enum":[1.0,1234567890123456789]',
    ]) {
      expect(list.split(part).length - 1).toBe(UPSTREAMS.length);
    }
    expect(list).toContain('"properties":{"x":{"default":1.0,"anyOf"');
    expect(list).toContain('"rank":1.0');
    for (const [args, refused] of [
      ['{"x":1,"of":5.0}', undefined],
      ['{"x":1,"of":5.5e0}', 'ARGUMENTS_INVALID'],
      ['{"x":1,"of":-1.0}', 'ARGUMENTS_INVALID'],
      ['{"x":1,"of":1e17}', 'ARGUMENTS_INVALID'],
      ['{"x":1,"one":1}', undefined],
      ['{"x":1,"one":2.0}', 'ARGUMENTS_INVALID'],
    ])
      expect([args, (await call('stdio_look', args as string)).refused]).toEqual([args, refused]);
  });

  it('are preserved in request ids and progress tokens', { tags: ['numbers-exact', 'rpc-id-type'] }, async () => {
    const client = new RawStdio(join(dir, 'mcp.json'), BIN);
    client.send(HANDSHAKE);
    await client.reply('hello', 30_000);
    for (const id of ['9007199254740993', '1234567890123456789', '7.0', '7', '7e0', '"7.0"']) {
      const params = `{"name":"stdio_give","arguments":{"number":"1"},"_meta":{"progressToken":${id}}}`;
      client.send(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}\n`);
      await client.reply(JSON.parse(id), 30_000);
      const [progress, reply, ...more] = client.lines.filter((line) => line.includes(`:${id},`));
      expect(progress).toContain(`"progressToken":${id},`);
      expect(reply).toMatch(new RegExp(`^\\{"jsonrpc":"2.0","id":${id.replace('.', '\\.')},"result"`));
      expect(more).toEqual([]);
      client.messages.length = 0;
      client.lines.length = 0;
    }
    for (const id of ['1.5', '1e999', 'NaN', '99999999999999999999999']) {
      client.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}\n`);
      await client.reply(null);
      client.messages.length = 0;
    }
  });

  it('are preserved in ids and answers of server requests', { tags: ['numbers-exact'] }, async () => {
    const client = new RawStdio(join(dir, 'mcp.json'), BIN);
    client.send(HANDSHAKE.replace('"capabilities":{}', '"capabilities":{"elicitation":{}}'));
    await client.reply('hello', 30_000);
    const asked = new Set<unknown>();
    for (const [id, n] of [
      ['9007199254740993', '1.0'],
      ['2.0', '9007199254740993'],
      ['12', '5'],
    ]) {
      client.send(
        `{"jsonrpc":"2.0","id":${JSON.stringify(`call ${id}`)},"method":"tools/call","params":{"name":"stdio_ask","arguments":{"id":${JSON.stringify(id)}}}}\n`,
      );
      const asking = () => client.messages.find((message) => message.method === 'elicitation/create' && !asked.has(message.id));
      await until('the question', () => asking() !== undefined);
      const question = asking()?.id;
      asked.add(question);
      client.send(`{"jsonrpc":"2.0","id":${question},"result":{"action":"accept","content":{"n":${n}}}}\n`);
      const reply = await client.reply(`call ${id}`);
      expect(reply.result?.content?.[0]?.text).toBe(`${id} {"n":${n}}`);
    }
  });
});
