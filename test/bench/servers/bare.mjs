// The lower bound: handwritten JSON-RPC without checks, validation or audit.
//   bare.mjs <http|sse|ws|stdio> <port> <tools> [node|python|grpc]     the tool runs in a child process, over a
//   pipe of lines or as a gRPC plugin
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { describeTool, ECHO, FILLER, toolNames } from '../tools.mjs';
import { read, write } from './grpc-line.mjs';

const [transport, port, count, where] = process.argv.slice(2);
const LIST = JSON.stringify({
  tools: toolNames(Number(count)).map((name, i) => ({ name, description: describeTool(i), inputSchema: i === 0 ? ECHO : FILLER })),
});

function lines(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    rest += chunk;
    let from = 0;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n', from)) {
      take(rest.slice(from, at));
      from = at + 1;
    }
    rest = rest.slice(from);
  });
}

const CHILDREN = { node: [process.execPath, './bare-child.mjs'], python: ['python3', './bare-child.py'] };

function inChild([program, file]) {
  const child = spawn(program, [fileURLToPath(new URL(file, import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  let last = 0;
  lines(child.stdout, (line) => {
    const at = line.indexOf(' ');
    const id = Number(line.slice(0, at));
    waiting.get(id)(line.slice(at + 1));
    waiting.delete(id);
  });
  return (args, answer) => {
    waiting.set(++last, answer);
    child.stdin.write(`${last} ${JSON.stringify(args)}\n`);
  };
}

async function inPlugin() {
  const { Client, credentials } = await import('@grpc/grpc-js');
  const dir = mkdtempSync(join(tmpdir(), 'bare-'));
  const plugin = fileURLToPath(new URL('./grpc-plugin.mjs', import.meta.url));
  const child = spawn(process.execPath, [plugin, count], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PLUGIN_UNIX_SOCKET_DIR: dir },
  });
  process.on('exit', () => {
    child.kill();
    rmSync(dir, { recursive: true, force: true });
  });
  process.on('SIGTERM', () => process.exit());
  const address = await new Promise((resolve) => lines(child.stdout, (line) => resolve(line.split('|')[3])));
  const client = new Client(`unix:${address}`, credentials.createInsecure());
  const ask = (args) => write('echo', JSON.stringify(args));
  return (args, answer) =>
    client.makeUnaryRequest('/plugin.ToolPlugin/Call', ask, read, args, (error, [text] = []) => {
      if (error) throw error;
      answer(JSON.stringify({ content: [{ type: 'text', text }] }));
    });
}

const call = where
  ? await (where === 'grpc' ? inPlugin() : inChild(CHILDREN[where]))
  : (args, answer) => answer(JSON.stringify({ content: [{ type: 'text', text: args.message }] }));

function handle(text, send) {
  const { id, method, params } = JSON.parse(text);
  if (id === undefined) return false;
  const reply = (result) => send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`);
  if (method === 'tools/call') call(params.arguments, reply);
  else if (method === 'tools/list') reply(LIST);
  else if (method === 'initialize')
    reply(
      JSON.stringify({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'bare', version: '0' } }),
    );
  else reply('{}');
  return true;
}

function body(request, take) {
  const parts = [];
  request.on('data', (chunk) => parts.push(chunk));
  request.on('end', () => take(Buffer.concat(parts).toString()));
}

const SERVE = {
  stdio() {
    lines(process.stdin, (line) => handle(line, (text) => process.stdout.write(`${text}\n`)));
    process.stdin.on('end', () => process.exit(0));
  },
  http() {
    createServer((request, response) => {
      body(request, (asked) => {
        const owed = handle(asked, (text) => {
          response
            .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'Mcp-Session-Id': 'bare' })
            .end(text);
        });
        if (!owed) response.writeHead(202, { 'Content-Length': 0 }).end();
      });
    }).listen(Number(port), '127.0.0.1');
  },
  sse() {
    const streams = new Map();
    createServer((request, response) => {
      if (request.method === 'GET') {
        const id = `s${streams.size}`;
        streams.set(id, response);
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(`event: endpoint\ndata: /messages?id=${id}\n\n`);
        return;
      }
      const stream = streams.get(request.url.slice('/messages?id='.length));
      body(request, (asked) => {
        response.writeHead(202, { 'Content-Length': 0 }).end();
        handle(asked, (text) => stream.write(`event: message\ndata: ${text}\n\n`));
      });
    }).listen(Number(port), '127.0.0.1');
  },
  ws() {
    const server = new WebSocketServer({ port: Number(port), host: '127.0.0.1', perMessageDeflate: false });
    server.on('connection', (socket) => socket.on('message', (data) => handle(data.toString(), (text) => socket.send(text))));
  },
};

SERVE[transport]();
