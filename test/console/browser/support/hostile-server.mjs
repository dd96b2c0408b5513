// An MCP server that says the text of a JSON file, `argv[2]`, in every place that the protocol has for one.
import { readFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as types from '@modelcontextprotocol/sdk/types.js';

const evil = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const server = new Server(
  { name: evil, version: evil, title: evil },
  { capabilities: { tools: {}, prompts: {}, resources: {} }, instructions: evil },
);
const strings = { [evil]: { type: 'string', title: evil, description: evil, default: evil } };
const tool = (name, annotations = {}, inputSchema = { type: 'object', properties: strings }) => ({
  name,
  title: evil,
  description: evil,
  inputSchema,
  annotations: { title: evil, ...annotations },
});
const TOOLS = [
  {
    ...tool('say'),
    outputSchema: { type: 'object', properties: { [evil]: { type: 'string', description: evil } }, additionalProperties: true },
  },
  tool('fail'),
  tool('steps', {}, { type: 'object', properties: {} }),
  tool('asks', {}, { type: 'object', properties: {} }),
  tool('erase', { destructiveHint: true }),
];
server.setRequestHandler(types.ListToolsRequestSchema, () => ({ tools: TOOLS }));
server.setRequestHandler(types.ListPromptsRequestSchema, () => ({
  prompts: [{ name: 'prompt', title: evil, description: evil, arguments: [{ name: evil, description: evil, required: true }] }],
}));
server.setRequestHandler(types.GetPromptRequestSchema, () => ({
  description: evil,
  messages: [{ role: 'user', content: { type: 'text', text: evil } }],
}));
server.setRequestHandler(types.ListResourcesRequestSchema, () => ({
  resources: [{ uri: 'file:///evil.txt', name: evil, title: evil, description: evil, mimeType: 'text/html' }],
}));
server.setRequestHandler(types.ReadResourceRequestSchema, () => ({
  contents: [{ uri: 'file:///evil.txt', mimeType: 'text/html', text: evil }],
}));
server.setRequestHandler(types.CallToolRequestSchema, async ({ params: { name, _meta } }, { sendNotification, signal }) => {
  process.stderr.write(`${evil}\n`);
  if (name === 'fail') return { isError: true, content: [{ type: 'text', text: evil }] };
  if (name === 'steps') {
    const params = { progressToken: _meta?.progressToken, progress: 1, total: 2, message: evil };
    await sendNotification({ method: 'notifications/progress', params });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
  if (name === 'asks') {
    const requestedSchema = {
      type: 'object',
      properties: {
        bed: { type: 'string', title: evil, description: evil },
        which: { type: 'string', title: evil, enum: ['a', 'b'], enumNames: [evil, `b ${evil}`] },
      },
    };
    await server.elicitInput({ message: evil, requestedSchema });
  }
  return {
    structuredContent: { [evil]: evil },
    content: [
      { type: 'text', text: evil },
      { type: 'text', text: JSON.stringify([{ [evil]: evil, two: evil }]) },
      { type: 'text', text: '<svg onload="alert(4)">' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
      {
        type: 'image',
        data: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(5)"/>').toString('base64'),
        mimeType: evil,
      },
      { type: 'audio', data: 'AAAA', mimeType: evil },
      { type: 'resource_link', uri: 'javascript:alert(6)', name: evil, title: evil, description: evil },
      { type: 'resource_link', uri: ' javascript:alert(7)', name: evil },
      { type: 'resource_link', uri: `https://example.com/${encodeURIComponent(evil)}`, name: evil, title: evil },
      { type: 'resource', resource: { uri: 'data:text/html,<script>alert(8)</script>', mimeType: evil, text: evil } },
    ],
  };
});
await server.connect(new StdioServerTransport());
