import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { connect } from '../../support/clients.ts';
import { run, serve, writeConfig } from '../../support/gateway.ts';
import { listen } from '../../support/http-server.ts';
import { until } from '../../support/processes.ts';

// Servers that violate HTTP, SSE, WebSocket or line framing. Each fails only its call or its connection.

interface Asked {
  readonly id: number;
  readonly method: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SSE_TYPE = { 'content-type': 'text/event-stream' };
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const result = ({ id }: Asked, text = 'fine') => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

function endless(response: ServerResponse, chunk: Buffer | string): void {
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

/** A server's behavior for a call, by tool name. */
const HTTP: Readonly<Record<string, (response: ServerResponse, asked: Asked) => void>> = {
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  no_type: (response, asked) => response.writeHead(200).end(result(asked)),
  nothing: (response) => response.writeHead(200, JSON_TYPE).end(),
  half: (response, asked) => response.writeHead(200, JSON_TYPE).end(result(asked).slice(0, 40)),
  no_content: (response) => response.writeHead(204).end(),
  not_modified: (response) => response.writeHead(304).end(),
  elsewhere: (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  round_and_round: (response) => response.writeHead(307, { location: '/mcp' }).end(),
  endless_refusal: (response) => endless(response.writeHead(500), CHUNK),
  endless_json: (response) => endless(response.writeHead(200, JSON_TYPE), CHUNK),
  endless_line: (response) => endless(response.writeHead(200, SSE_TYPE), CHUNK),
  endless_event: (response) => endless(response.writeHead(200, SSE_TYPE), `data: ${'x'.repeat(1000)}\n`),
  bomb: (response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB),
  no_gzip: (response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end('not gzip'),
  no_answer: (response) => response.writeHead(200, SSE_TYPE).end(': nothing\n\n'),
  other_answer: (response) => response.writeHead(200, JSON_TYPE).end('{"jsonrpc":"2.0","id":7,"result":{}}'),
  not_json: (response, { id }) =>
    response.writeHead(200, SSE_TYPE).end(`data: {"jsonrpc":"2.0","id":${id},"result":{"content":[],"x":nope}}\n\n`),
  nan: (response, { id }) =>
    response.writeHead(200, SSE_TYPE).end(`data: {"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":{"x":NaN}}}\n\n`),
  cut_off: (response, asked) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': 1000 });
    response.write(result(asked).slice(0, 20), () => response.socket?.destroy());
  },
  returns: (response, asked) => response.writeHead(200, SSE_TYPE).end(`: a\rdata: ${result(asked)}\r\r`),
  capitals: (response, asked) => response.writeHead(200, { 'content-type': 'Application/JSON;Charset="UTF-8"' }).end(result(asked)),
};
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const WORKS = new Set(['returns', 'capitals']);

const SOCKET: Readonly<Record<string, (asked: Asked) => (string | Buffer)[]>> = {
  ws_huge: () => ['x'.repeat(1024 * 1024)],
  ws_not_json: ({ id }) => [`{"jsonrpc":"2.0","id":${id},"result":nope}`],
  ws_nan: ({ id }) => [`{"jsonrpc":"2.0","id":${id},"result":NaN}`],
  ws_binary: (asked) => [Buffer.from([0, 1]), '[]', 'null', result(asked)],
};

const PROGRAM = `
const say = (text) => process.stdout.write(text + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = (result) => say(JSON.stringify({ jsonrpc: '2.0', id, result }));
  const schema = { type: 'object' };
  if (method === 'initialize') return answer({ protocolVersion: '2025-11-25', capabilities: { tools: {}, prompts: {} }, serverInfo: { name: 'p', version: '1' } });
  if (method === 'tools/list') return answer({ tools: ['line_too_long', 'line_nan', 'line_odd', 'line_noise'].map((name) => ({ name, inputSchema: schema })) });
  if (method === 'prompts/list') return answer({ prompts: 'none' });
  if (method !== 'tools/call') return say(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } }));
  if (params.name === 'line_too_long') return say('{"jsonrpc":"2.0","id":' + id + ',"result":{"content":[{"type":"text","text":"' + 'x'.repeat(1000000) + '"}]}}');
  if (params.name === 'line_nan') return say('{"jsonrpc":"2.0","id":' + id + ',"result":{"content":[],"structuredContent":{"x":NaN}}}');
  if (params.name === 'line_odd') for (const odd of ['5', '"x"', 'null', '[]', '[[]]', '{}', '{"id":"plugmux-asks-for:1:{","method":"roots/list"}']) say(odd);
  if (params.name === 'line_noise') for (let i = 0; i < 20000; i++) say('noise ' + i);
  answer({ content: [{ type: 'text', text: 'fine' }] });
});`;

function mcpServer(name: string, requests: Map<string, number>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.set(`${name} ${request.method}`, (requests.get(`${name} ${request.method}`) ?? 0) + 1);
    // A stream that ends at once and can be reopened at once.
    if (request.method === 'GET' && name !== 'returns') return void response.writeHead(405).end();
    if (request.method === 'GET') return void response.writeHead(200, SSE_TYPE).end('retry: 0\nid: \u20ac\ndata: \n\n');
    let body = '';
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body || '{}') as Asked;
    if (asked.id === undefined) return void response.writeHead(202).end();
    const answer = (value: object): void =>
      void response
        .writeHead(200, { ...JSON_TYPE, 'mcp-session-id': 's !"\u00ff~' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, ...value }));
    const info = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name, version: '1' } };
    if (asked.method === 'initialize') return answer({ result: info });
    if (asked.method === 'tools/list') return answer({ result: { tools: [{ name, inputSchema: { type: 'object' } }] } });
    if (asked.method !== 'tools/call') return answer({ error: { code: -32601, message: 'unknown' } });
    (HTTP[name] as (typeof HTTP)[string])(response, asked);
  };
}

async function socketServer(name: string): Promise<string> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mcp' });
  await new Promise((resolve) => sockets.once('listening', resolve));
  onTestFinished(() => sockets.close());
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const asked = JSON.parse(String(data)) as Asked;
      const say = (value: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', id: asked.id, ...value }));
      if (asked.id === undefined) return;
      if (asked.method === 'initialize')
        return say({ result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name, version: '1' } } });
      if (asked.method === 'tools/list') return say({ result: { tools: [{ name, inputSchema: { type: 'object' } }] } });
      if (asked.method !== 'tools/call') return say({ error: { code: -32601, message: 'unknown' } });
      for (const message of (SOCKET[name] as (typeof SOCKET)[string])(asked)) socket.send(message);
    });
  });
  return `ws://127.0.0.1:${(sockets.address() as { port: number }).port}/`;
}

const rssOf = (pid: number | undefined): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

it('servers that violate their transport fail only their own calls', { tags: ['T23'], timeout: 180_000 }, async () => {
  const requests = new Map<string, number>();
  const http = await Promise.all(
    Object.keys(HTTP).map(
      async (name) => [name, { url: `${await listen((q, s) => void mcpServer(name, requests)(q, s))}/mcp`, type: 'http' }] as const,
    ),
  );
  const sockets = await Promise.all(
    Object.keys(SOCKET).map(async (name) => [name, { url: await socketServer(name), type: 'ws' }] as const),
  );
  const mcpServers = { ...Object.fromEntries([...http, ...sockets]), program: { command: process.execPath, args: ['-e', PROGRAM] } };
  const entries = Object.entries(mcpServers).map(([name, entry]) => [name, { ...(entry as object), era: 'legacy', approval: 'allow' }]);
  const gateway = await serve(
    writeConfig({ mcpServers: Object.fromEntries(entries), limits: { resultBytes: 64 * 1024, callTimeoutMs: 8_000 } }, ['plain']),
  );
  const client = await connect('v2 legacy', gateway.at('http'));
  const names = [...Object.keys(HTTP), ...Object.keys(SOCKET), 'line_too_long', 'line_nan', 'line_odd', 'line_noise'];
  await until(
    'all tools are listed',
    async () => {
      const listed = await client.list();
      return names.every((name) => listed.includes(name));
    },
    30_000,
  );
  const before = rssOf(gateway.process.pid);
  const codes = new Map<string, unknown>();
  for (const name of names) {
    const answer = await client.call(name);
    const error = answer._meta?.['plugmux/error'] as { code: string; message: string } | undefined;
    codes.set(name, error?.code ?? answer.content[0]?.text);
    if (error) expect(error.message).not.toMatch(/\n|invalid_|"path"|node:internal/);
  }
  expect(Object.fromEntries(codes)).toMatchObject({
    ...Object.fromEntries([...WORKS, 'ws_binary', 'line_odd', 'line_noise'].map((name) => [name, 'fine'])),
    nothing: 'PLUGIN_PROTOCOL_ERROR',
    half: 'PLUGIN_PROTOCOL_ERROR',
    other_answer: 'PLUGIN_PROTOCOL_ERROR',
    not_json: 'PLUGIN_PROTOCOL_ERROR',
    endless_refusal: 'PLUGIN_FAILED',
    endless_json: 'RESULT_TOO_LARGE',
    endless_line: 'RESULT_TOO_LARGE',
    endless_event: 'RESULT_TOO_LARGE',
    bomb: 'RESULT_TOO_LARGE',
    ws_not_json: 'PLUGIN_PROTOCOL_ERROR',
    ws_huge: 'UPSTREAM_LOST',
    line_too_long: 'RESULT_TOO_LARGE',
    // A number that JSON cannot represent is an invalid result, not a malformed message.
    nan: 'RESULT_INVALID',
    ws_nan: 'RESULT_INVALID',
    line_nan: 'RESULT_INVALID',
  });
  for (const name of names) if (!['fine'].includes(String(codes.get(name)))) expect(codes.get(name), name).toMatch(/^[A-Z_]+$/);
  expect((await client.call('echo', { message: 'still there' })).content[0]?.text).toContain('still there');
  expect(gateway.process.exitCode).toBeNull();
  expect(rssOf(gateway.process.pid) - before).toBeLessThan(120);
  // A stream that ends at once is reopened after a pause.
  expect(requests.get('returns GET')).toBeLessThan(300);
});

it('a handshake with another answer fails at once', async () => {
  const odd = { jsonrpc: '2.0', id: 'odd', result: {} };
  const mcpServers = Object.fromEntries(
    await Promise.all(
      [JSON_TYPE, SSE_TYPE].map(async (type, i) => {
        const body = type === JSON_TYPE ? JSON.stringify(odd) : `data: ${JSON.stringify(odd)}\n\n`;
        const url = await listen((request, response) => void request.resume().on('end', () => response.writeHead(200, type).end(body)));
        return [`odd${i}`, { url: `${url}/mcp`, type: 'http' }] as const;
      }),
    ),
  );
  // Waiting for the limit would exceed the timeout of this test.
  const { stdout } = await run(['doctor', '--config', writeConfig({ mcpServers, limits: { startTimeoutMs: 120_000 } })]);
  expect(stdout.match(/is not an MCP server: the server did not answer initialize\./g)).toHaveLength(2);
});
