// An MCP server that reports progress, can be cancelled, asks, and returns every kind of content. `argv[2]`: its notes.
import { appendFileSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const note = (text) => appendFileSync(process.argv[2], `${text}\n`);
const text = (value) => ({ type: 'text', text: value });
const ROWS = [
  { name: 'beans', sown: 'May', per_row: 12 },
  { name: 'peas', sown: 'March', per_row: 20 },
];

const server = new Server({ name: 'acts', version: '1.0.0' }, { capabilities: { tools: {} } });
const object = (properties, required = []) => ({ type: 'object', properties, required });

const TOOLS = {
  // Reports at once and goes on until it is cancelled.
  steps: [
    object({ total: { type: 'integer' } }),
    async ({ total }, { signal, _meta, sendNotification }) => {
      note('steps began');
      for (let progress = 1; !signal.aborted; progress++) {
        const params = { progressToken: _meta.progressToken, progress, message: `row ${progress} <b>` };
        await sendNotification({ method: 'notifications/progress', params: { ...params, ...(total === undefined ? {} : { total }) } });
        if (progress === total) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      note(signal.aborted ? 'steps cancelled' : 'steps done');
      return [text('sown')];
    },
  ],
  asks: [
    object({}),
    async () => {
      const requestedSchema = object({ bed: { type: 'string', minLength: 2 }, wet: { type: 'boolean', default: true } }, ['bed']);
      const { action, content } = await server.elicitInput({ message: 'Which bed?', requestedSchema });
      return [text(`${action}: ${content?.bed ?? 'nothing'}, ${content?.wet ?? 'nothing'}`)];
    },
  ],
  kinds: [
    object({}),
    async () => [
      text('plain words'),
      text(JSON.stringify(ROWS)),
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'image', data: Buffer.from('<svg onload="alert(1)"/>').toString('base64'), mimeType: 'image/svg+xml' },
      { type: 'resource_link', uri: 'https://example.com/garden', name: 'garden', title: 'The garden' },
      { type: 'resource_link', uri: 'javascript:alert(1)', name: 'evil link' },
      { type: 'resource', resource: { uri: 'file:///beds.txt', mimeType: 'text/plain', text: 'two beds' } },
    ],
  ],
  erase: [
    object({ what: { type: 'string' } }, ['what']),
    async ({ what }) => {
      note(`erased ${what}`);
      return [text(`erased ${what}`)];
    },
    { destructiveHint: true },
  ],
};

server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: Object.entries(TOOLS).map(([name, [inputSchema, , annotations]]) => ({
    name,
    description: `The tool ${name}`,
    inputSchema,
    annotations,
  })),
}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => ({
  content: await TOOLS[params.name][1](params.arguments ?? {}, extra),
}));
await server.connect(new StdioServerTransport());
