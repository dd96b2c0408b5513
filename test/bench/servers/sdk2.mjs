// The official SDK, second generation.   sdk2.mjs <http|stdio> <port> <tools>
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describeTool, ECHO, FILLER, toolNames } from '../tools.mjs';

const [transport, port, count] = process.argv.slice(2);
const [echo, filler] = [fromJsonSchema(ECHO), fromJsonSchema(FILLER)];

function build() {
  const server = new McpServer({ name: 'sdk2', version: '0' });
  for (const [i, name] of toolNames(Number(count)).entries()) {
    server.registerTool(name, { description: describeTool(i), inputSchema: i === 0 ? echo : filler }, ({ message }) => ({
      content: [{ type: 'text', text: String(message) }],
    }));
  }
  return server;
}

if (transport === 'stdio') serveStdio(build);
else createServer(toNodeHandler(createMcpHandler(build))).listen(Number(port), '127.0.0.1');
