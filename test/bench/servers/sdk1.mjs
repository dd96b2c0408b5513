// The official SDK, first generation.   sdk1.mjs <http|sse|stdio> <port> <tools>
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describeTool, ECHO, FILLER, toolNames } from '../tools.mjs';

const [transport, port, count] = process.argv.slice(2);
const tools = toolNames(Number(count)).map((name, i) => ({ name, description: describeTool(i), inputSchema: i === 0 ? ECHO : FILLER }));

function build() {
  const server = new Server({ name: 'sdk1', version: '0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({ content: [{ type: 'text', text: params.arguments.message }] }));
  return server;
}

if (transport === 'stdio') await build().connect(new StdioServerTransport());
else if (transport === 'sse') {
  const streams = new Map();
  createServer(async (request, response) => {
    if (request.method === 'POST') {
      await streams.get(new URL(request.url, 'http://127.0.0.1').searchParams.get('sessionId')).handlePostMessage(request, response);
      return;
    }
    const stream = new SSEServerTransport('/messages', response);
    streams.set(stream.sessionId, stream);
    await build().connect(stream);
  }).listen(Number(port), '127.0.0.1');
} else {
  const sessions = new Map();
  createServer(async (request, response) => {
    const id = request.headers['mcp-session-id'];
    let session = sessions.get(id);
    if (!session) {
      session = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (key) => sessions.set(key, session),
        enableJsonResponse: true,
      });
      await build().connect(session);
    }
    await session.handleRequest(request, response);
  }).listen(Number(port), '127.0.0.1');
}
